# A plugin that calls back into the program: ld.so sees only what the program exports, which is what its
# own libraries refer to, unless it is linked with -rdynamic (-Wl,--export-dynamic, or a list with
# -Wl,--dynamic-list).  Then the plugin loads.
. "$TOP/tests/lib.sh"
. "$TOP/tests/gallery.sh"

so plugin.so <<'END'
extern int host_level;
int host_register(const char *);
int plugin(void) { return host_register("plugin") + host_level; }
END
for flag in '' -rdynamic; do
	program host$flag $flag <<'END'
#include <dlfcn.h>
#include <stdio.h>
int host_level = 1;
static int registered;
int host_register(const char *name) { return ++registered; }
int main(void)
{
	void *plugin = dlopen("./plugin.so", RTLD_NOW);
	puts(plugin ? "plugin" : dlerror());
	return plugin ? ((int (*)(void))dlsym(plugin, "plugin"))() != 2 : 0;
}
END
done
judge ./host
transcript <<'END'
$ cat program.out
./plugin.so: undefined symbol: host_level
$ plugreport calls
       AT    TID  CALL                             RESULT                                                                                      KNOWN BY  CALLED FROM
  0.56 ms  25574  dlopen("./plugin.so", RTLD_NOW)  failed: plugin.so refers to host_level and 1 other, which nothing in its scopes defines  opening   main() at host.c:8 in host
Results known by opening, search or name are inferred from what came next.
$ plugreport object plugin.so | sed -n '/^Not bound/,$p'
Not bound when the load failed  [inferred, from the files' symbols]
  SYMBOL         WHO HAS IT
  host_level     host, which does not export it: link it with -rdynamic (-Wl,--export-dynamic)
  host_register  host, which does not export it: link it with -rdynamic (-Wl,--export-dynamic)

END
judge ./host-rdynamic
expect_eq "linked with -rdynamic" "$(cat program.out)" plugin
expect_eq "bound" "$(plugreport bindings --from plugin.so --to host-rdynamic | grep -c host_)" 2

# The program is stripped: nothing tells any more that it has the function.
${STRIP:-strip} host
audit ./host >/dev/null
expect_match "stripped" "$(plugreport object plugin.so)" 'host_register +nobody that was loaded'
