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
       AT    TID  CALL                                         RESULT                KNOWN BY    CALLED FROM
  0.74 ms  12562  dlopen("./base.so", RTLD_NOW)                loaded base.so        opening     main() at host.c:6 in host
  0.86 ms  12562  dlopen("./plugin.so", RTLD_NOW)              loaded plugin.so      opening     main() at host.c:6 in host
  0.92 ms  12562  dlopen("./plugin.so", RTLD_NOW)              was there: plugin.so  name        main() at host.c:7 in host
  0.94 ms  12562  dlclose(base.so)                             base.so               handle      main() at host.c:9 in host
  0.95 ms  12562  dlclose(plugin.so)                           plugin.so             handle      main() at host.c:10 in host
  0.95 ms  12562  dlclose(plugin.so)                           plugin.so             handle      main() at host.c:11 in host
  0.99 ms  12562  dlopen("./plugin.so", RTLD_NOW|RTLD_NOLOAD)  failed                not loaded  is_there() at host.c:3 in host
  1.03 ms  12562  dlopen("./base.so", RTLD_NOW|RTLD_NOLOAD)    failed                not loaded  is_there() at host.c:3 in host
Results known by opening, search or name are inferred from what came next.
$ plugreport objects base.so plugin.so
  NS  OBJECT       SONAME     BUILD-ID       OPENED   CLOSED  WHY IT IS THERE
   0  ./base.so    base.so    f321cabf060d  0.84 ms  0.95 ms  dlopen called from main() at host.c:6 in host
   0  ./plugin.so  plugin.so  0c77b8ab0241  0.91 ms  0.95 ms  dlopen called from main() at host.c:6 in host
Why an object is there is inferred from the order of events.
$ plugreport why-resident plugin.so
plugin.so was unloaded 0.95 ms after the start.
in process 12562 (host)

  by dlclose(plugin.so) called from main() at host.c:11 in host
      #0  main() at host.c:11 in host
      #1  __libc_start_call_main()+0x7a in libc.so.6
      #2  __libc_start_main()+0x85 in libc.so.6
      #3  _start()+0x21 in host

  2 dlopens, 2 dlcloses:
      0.86 ms  dlopen("./plugin.so", RTLD_NOW) called from main() at host.c:6 in host
      0.92 ms  dlopen("./plugin.so", RTLD_NOW) called from main() at host.c:7 in host
      0.95 ms  dlclose(plugin.so) called from main() at host.c:10 in host
      0.95 ms  dlclose(plugin.so) called from main() at host.c:11 in host

Reference counts and what is bound to what are inferred: rebuilt from the recorded calls and bindings.
END
