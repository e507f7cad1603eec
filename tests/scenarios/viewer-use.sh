# What readers do with the HTML report: filter, sort, follow links, go back, send an address, print,
# use the keyboard alone; without JavaScript; with data of another version and damaged ones.
. "$TOP/tests/viewer/pages.sh"

page large 600 250000
host_page
sed 's/id="data" data-format="[0-9]*"/id="data" data-format="999"/' host.html >version.html
sed 's/\(id="data" data-format="[0-9]*">.\{400\}\)....../\1AAAAAA/' host.html >damaged.html

# Two builds of one library; two libraries with the same functions; and two plugins with one OCaml unit.
recorded() { # NAME COMMAND...
	PLUGAUDIT_DB=$PWD/$1.db audit "${@:2}" >out
	plugreport html -q -d "$1.db" -o "$1.html"
}
mkdir red blue
for name in red blue; do
	so $name/libtable.so.1 <<<'int entries; int add(void) { return ++entries; }'
done
program prog <<'END'
#include <dlfcn.h>
static void *plugin_open(const char *path) { return dlopen(path, RTLD_NOW); }
int main(void)
{
	return !plugin_open("./red/libtable.so.1") || !plugin_open("./blue/libtable.so.1") ||
	       !dlopen("./red/libtable.so.1", RTLD_NOW | RTLD_NOLOAD | RTLD_GLOBAL);
}
END
recorded copies ./prog
for name in one two; do
	so $name.so <<<'int a(void) { return 1; } int b(void) { return 2; } int c(void) { return a(); } int d(void) { return b(); }
int e(void) { return c(); } int f(void) { return d(); }'
done
program both <<'END'
#include <dlfcn.h>
int main(void) { return !dlopen("./one.so", RTLD_LAZY) || !dlopen("./two.so", RTLD_LAZY); }
END
recorded static ./both
for name in Red Blue; do
	for symbol in caml_plugin_header caml{Counter,"$name"}__{code_begin,entry}; do
		echo "__asm__(\".data\n.globl $symbol\n.type $symbol,@object\n.size $symbol,8\n$symbol: .quad 0\n\");"
	done | so $name.cmxs
done
program ocaml <<'END'
#include <dlfcn.h>
static int run(const char *path) { return !dlsym(dlopen(path, RTLD_NOW), "camlCounter__entry"); }
int main(void) { return run("./Red.cmxs") || run("./Blue.cmxs"); }
END
recorded ocaml ./ocaml
program probe <<'END'
#include <dlfcn.h>
int main(void)
{
	return dlopen("./two.so", RTLD_LAZY | RTLD_NOLOAD) || !dlopen("./one.so", RTLD_LAZY);
}
END
recorded probe ./probe
program again <<'END'
#include <dlfcn.h>
#include <sys/wait.h>
#include <unistd.h>
int main(void)
{
	for (int i = 0; i < 3; i++)
		dlclose(dlopen("./one.so", RTLD_LAZY));
	if (fork() == 0)
		_exit(!dlopen("./one.so", RTLD_LAZY));
	return wait(NULL) < 0;
}
END
recorded again ./again
program ends <<'END'
#include <stdlib.h>
int main(void) { return getenv("HARM") ? (abort(), 1) : 0; }
END
plugreport record -q -o good.db ./ends
HARM=1 plugreport record -q -o bad.db ./ends 2>err || true
plugreport html -q --diff -o ends.html good.db bad.db
browse use.test.js
