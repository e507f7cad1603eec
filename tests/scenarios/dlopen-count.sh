# Opening a library again returns the same handle and counts (dlopen(3)); it is unloaded when it was
# closed as often as it was opened, and nothing that needs it is there any more.
. "$TOP/tests/lib.sh"
. "$TOP/tests/gallery.sh"

so base.so <<<'int base(void) { return 1; }'
so plugin.so -L. -l:base.so -Wl,-rpath,'$ORIGIN' <<<'int base(void); int plugin(void) { return base(); }'
program host <<'END'
#include <dlfcn.h>
#include <stdio.h>
static int is_there(const char *name) { return dlopen(name, RTLD_NOW | RTLD_NOLOAD) != NULL; }
int main(void)
{
	void *base = dlopen("./base.so", RTLD_NOW), *plugin = dlopen("./plugin.so", RTLD_NOW);
	void *again = dlopen("./plugin.so", RTLD_NOW);
	printf("%d", again == plugin);
	dlclose(base);
	dlclose(plugin);
	dlclose(again);
	printf("%d%d\n", is_there("./base.so"), is_there("./plugin.so"));
	return 0;
}
END
judge ./host
transcript <<'END'
$ cat program.out
100
$ plugreport calls
  AT  TID  CALL  RESULT  KNOWN BY  CALLED FROM
  TIME  TID  dlopen("./base.so", RTLD_NOW)  loaded base.so  opening  main() at host.c:6 in host
  TIME  TID  dlopen("./plugin.so", RTLD_NOW)  loaded plugin.so  opening  main() at host.c:6 in host
  TIME  TID  dlopen("./plugin.so", RTLD_NOW)  was there: plugin.so  name  main() at host.c:7 in host
  TIME  TID  dlclose(base.so)  base.so  handle  main() at host.c:9 in host
  TIME  TID  dlclose(plugin.so)  plugin.so  handle  main() at host.c:10 in host
  TIME  TID  dlclose(plugin.so)  plugin.so  handle  main() at host.c:11 in host
  TIME  TID  dlopen("./plugin.so", RTLD_NOW|RTLD_NOLOAD)  failed  not loaded  is_there() at host.c:3 in host
  TIME  TID  dlopen("./base.so", RTLD_NOW|RTLD_NOLOAD)  failed  not loaded  is_there() at host.c:3 in host
Results known by opening, search or name are inferred from what came next.
$ plugreport objects base.so plugin.so
  NS  OBJECT  SONAME  BUILD-ID  OPENED  CLOSED  WHY IT IS THERE
  0  ./base.so  base.so  BUILD-ID  TIME  TIME  dlopen called from main() at host.c:6 in host
  0  ./plugin.so  plugin.so  BUILD-ID  TIME  TIME  dlopen called from main() at host.c:6 in host
Why an object is there is inferred from the order of events.
END
