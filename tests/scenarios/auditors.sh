# Another auditor before and after ours in LD_AUDIT: what it changes still counts, what it sees it
# still sees, and our recording is whole.
. "$TOP/tests/lib.sh"

so libold.so <<<'int version(void) { return 1; }'
so libnew.so -Wl,-soname,libold.so <<<'int version(void) { return 2; }'
so libplugin.so <<<'int plugin_answer(void) { return 42; }'
# Replaces one file by another, one function by its own, and counts what it is told.
so alter.so "-DSYMBIND=$SYMBIND" <<'END'
#include <link.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
static unsigned searches, opens, bindings;
unsigned la_version(unsigned version) { return version; }
char *la_objsearch(const char *name, uintptr_t *cookie, unsigned flag)
{
	(void)cookie;
	(void)flag;
	searches++;
	return (char *)(strcmp(name, "./libold.so") == 0 ? "./libnew.so" : name);
}
unsigned la_objopen(struct link_map *map, Lmid_t ns, uintptr_t *cookie)
{
	(void)map;
	(void)ns;
	*cookie = ++opens; /* a cookie of its own kind */
	return LA_FLG_BINDTO | LA_FLG_BINDFROM;
}
static int my_answer(void) { return 43; }
uintptr_t SYMBIND(ElfW(Sym) *sym, unsigned n, uintptr_t *from, uintptr_t *to, unsigned *flags,
		       const char *name)
{
	(void)n;
	(void)from;
	(void)to;
	(void)flags;
	bindings++;
	return strcmp(name, "plugin_answer") == 0 ? (uintptr_t)my_answer : sym->st_value;
}
void la_preinit(uintptr_t *cookie)
{
	char line[96];
	(void)cookie;
	snprintf(line, sizeof(line), "alter: %s %s %s\n", searches ? "searches" : "no searches",
		 opens ? "opens" : "no opens", bindings ? "bindings" : "no bindings");
	write(1, line, strlen(line));
}
END
program prog <<'END'
#include <dlfcn.h>
#include <stdio.h>
int main(void)
{
	void *plugin = dlopen("./libplugin.so", RTLD_LAZY), *old = dlopen("./libold.so", RTLD_LAZY);
	int (*answer)(void) = (int (*)(void))dlsym(plugin, "plugin_answer");
	int (*version)(void) = (int (*)(void))dlsym(old, "version");
	printf("%d %d\n", answer(), version());
	dlclose(plugin);
	return 0;
}
END
expect_eq "alone" "$(env LD_AUDIT="$PWD/alter.so" ./prog)" "alter: searches opens bindings
43 2"
for order in "$PWD/alter.so:$MODULE" "$MODULE:$PWD/alter.so" "$NULL_MODULE:$PWD/alter.so:$MODULE" \
	"$MODULE:$NULL_MODULE:$PWD/alter.so"; do
	rm -f plugaudit.db*
	out=$(env LD_AUDIT="$order" ./prog 2>&1)
	expect_eq "with $order" "$out" "alter: searches opens bindings
43 2"
	expect_sound
	expect_no_spools
	expect_db "calls, $order" "SELECT kind, name FROM call ORDER BY seq" "dlopen|./libplugin.so
dlopen|./libold.so
dlsym|plugin_answer
dlsym|version
dlclose|"
	expect_db "loads, $order" "SELECT real_path FROM object WHERE real_path LIKE '$PWD/lib%'
		ORDER BY opened_seq" "$PWD/libplugin.so
$PWD/libnew.so"
	# ld.so announces auditors behind ours; they are not part of the program.
	expect_db "auditors among the objects, $order" "SELECT path, reason FROM object
		WHERE (path LIKE '%alter.so' OR path LIKE '%libplugaudit%') AND reason != 'audit'" ""
	expect_db "the program is the program, $order" "SELECT path, namespace, reason FROM object
		WHERE kind = 'main'" "$PWD/prog|0|main"
	expect_db "reasons, $order" "SELECT path FROM object WHERE reason = 'unknown'" ""
done
for order in "$NULL_MODULE:$MODULE" "$MODULE:$NULL_MODULE"; do
	rm -f plugaudit.db*
	expect_eq "with $order" "$(env LD_AUDIT="$order" ./prog 2>&1)" "42 1"
	expect_sound
done
