# Hot reload: a host that loads a plugin again after it was rebuilt.  dlclose and dlopen of the same path
# loads the new file only when nothing kept the old one: one more open, a thread-local destructor, a
# STB_GNU_UNIQUE symbol (any C++ inline variable), -z nodelete.  The ways that work: close all handles;
# or load each build under a name of its own.
# Needs no more packages than the other tests.
. "$TOP/tests/lib.sh"
. "$TOP/tests/gallery.sh"

build() { # NUMBER
	so next.so "${flags[@]}" <<<"int version(void) { return $1; }"
	mv next.so plugin.so # another file, not the old one written over
}
program host <<'END'
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
static int use(void *plugin) { return ((int (*)(void))dlsym(plugin, "version"))(); }
int main(int argc, char **argv)
{
	void *plugin = dlopen("./plugin.so", RTLD_NOW);
	printf("%d", use(plugin));
	if (argc > 1 && strcmp(argv[1], "leak") == 0)
		dlopen("./plugin.so", RTLD_NOW); /* somebody else uses it too */
	dlclose(plugin);
	if (rename("plugin2.so", "plugin.so") != 0) /* it is built again */
		return 2;
	plugin = dlopen(argc > 1 && strcmp(argv[1], "name") == 0 ? "./plugin.so.2" : "./plugin.so", RTLD_NOW);
	printf("%d\n", use(plugin));
	return 0;
}
END
flags=()
prepare() {
	build 2
	cp plugin.so plugin.so.2
	mv plugin.so plugin2.so
	build 1
	rm -f plugaudit.db*
}

prepare
audit ./host >program.out
expect_eq "nothing keeps it" "$(cat program.out)" 12
expect_eq "two files" "$(plugreport objects plugin.so --json | grep -c '"build_id"')" 2

prepare
recipe reload-leak

# The new build is loaded under another name while the old one stays.
prepare
audit ./host name >program.out
expect_eq "each build has a name" "$(cat program.out)" 12

flags=(-Wl,-z,nodelete)
prepare
audit ./host >program.out
expect_match "-z nodelete" "$(plugreport why-resident plugin.so)" 'DF_1_NODELETE'

flags=(-x c++ -lstdc++)
build() {
	$CC -x c++ -g -O0 -fPIC -shared -Wl,-soname,plugin.so -o next.so - <<<"
template <typename T> struct Registry { static inline int entries = $1; };
extern \"C\" int version() { return Registry<int>::entries; }"
	mv next.so plugin.so
}
prepare
recipe reload-unique
