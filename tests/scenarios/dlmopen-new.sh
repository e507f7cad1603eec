# LM_ID_NEWLM (dlmopen(3)): a new namespace, which is empty but for what the library brings: it must need
# all that it uses, gets a libc of its own where it needs one, and shares no variable.
. "$TOP/tests/lib.sh"
. "$TOP/tests/gallery.sh"

need_dlmopen
so libcounter.so <<<'int count(void) { static int n; return ++n; }'
so plugin.so -L. -l:libcounter.so -Wl,-rpath,'$ORIGIN' <<<'int count(void); int plugin(void) { return count(); }'
so bare.so <<<'int count(void); int bare(void) { return count(); }'
program host <<'END'
#include <dlfcn.h>
#include <stdio.h>
static int run(void *handle) { return ((int (*)(void))dlsym(handle, "plugin"))(); }
int main(void)
{
	void *own = dlopen("./plugin.so", RTLD_NOW | RTLD_GLOBAL);
	void *isolated = dlmopen(LM_ID_NEWLM, "./plugin.so", RTLD_NOW);
	printf("%d", run(own));
	printf("%d", run(own));
	printf("%d\n", run(isolated));
	puts(dlmopen(LM_ID_NEWLM, "./bare.so", RTLD_NOW) ? "bare" : "bare failed");
	return 0;
}
END
judge ./host
transcript <<'END'
$ cat program.out
121
bare failed
$ plugreport namespaces
process 24055 (host)
  namespace 0: 6 objects, the program's own
  namespace 2: 2 objects, made 3.63 ms after the start by dlmopen(LM_ID_NEWLM, "./plugin.so", RTLD_NOW) called from main() at host.c:7 in host
  namespace 3: 1 object, made 3.75 ms after the start by dlmopen(LM_ID_NEWLM, "./bare.so", RTLD_NOW) called from main() at host.c:11 in host

  0  2  3  OBJECT
  x        /opt/app/host
  x        /lib64/ld-linux-x86-64.so.2
  x        linux-vdso.so.1
  x        /lib/x86_64-linux-gnu/libc.so.6
  x  x     ./plugin.so                      in 2 namespaces
  x  x     /opt/app/./libcounter.so         in 2 namespaces
        x  ./bare.so
Which call made a namespace is inferred from the order of events.
$ plugreport bindings --symbol count
  FROM                     SYMBOL  VERSION  TO                           KIND  SOURCE      COUNT
  plugin.so                count   -        libcounter.so                plt   la_symbind      1
  plugin.so (namespace 2)  count   -        libcounter.so (namespace 2)  plt   la_symbind      1
$ plugreport calls --name '*.so'
       AT    TID  CALL                                           RESULT                                                                              KNOWN BY  CALLED FROM
  3.45 ms  24055  dlopen("./plugin.so", RTLD_NOW|RTLD_GLOBAL)    loaded plugin.so                                                                    opening   main() at host.c:6 in host
  3.63 ms  24055  dlmopen(LM_ID_NEWLM, "./plugin.so", RTLD_NOW)  loaded plugin.so (namespace 2)                                                      opening   main() at host.c:7 in host
  3.71 ms  24055  dlsym(plugin.so, "plugin")                     from plugin.so                                                                      binding   run() at host.c:3 in host
  3.74 ms  24055  dlsym(plugin.so, "plugin")                     from plugin.so                                                                      binding   run() at host.c:3 in host
  3.74 ms  24055  dlsym(plugin.so (namespace 2), "plugin")       from plugin.so (namespace 2)                                                        binding   run() at host.c:3 in host
  3.75 ms  24055  dlmopen(LM_ID_NEWLM, "./bare.so", RTLD_NOW)    failed: bare.so (namespace 3) refers to count, which nothing in its scopes defines  opening   main() at host.c:11 in host
Results known by opening, search or name are inferred from what came next.
$ plugreport duplicates
plugin.so: one file in 2 namespaces
  private: each namespace uses its own
  ./plugin.so
    dlopen called from main() at host.c:6 in host
    found: the name is a path, so there was no search
    bound to it: host (1 symbol)
  ./plugin.so (namespace 2)
    dlmopen called from main() at host.c:7 in host
    bound to it: host (1 symbol)
  functions in use in several copies: plugin

libcounter.so: one file in 2 namespaces
  private: each namespace uses its own
  /opt/app/./libcounter.so
    needed by plugin.so; plugin.so: dlopen called from main() at host.c:6 in host
    found by DT_RUNPATH of plugin.so "$ORIGIN", after 10 paths in vain (plugreport why-found libcounter.so)
    bound to it: plugin.so (1 symbol)
  /opt/app/./libcounter.so (namespace 2)
    needed by plugin.so (namespace 2); plugin.so (namespace 2): dlmopen called from main() at host.c:7 in host
    found by DT_RUNPATH of plugin.so (namespace 2) "$ORIGIN"
    bound to it: plugin.so (namespace 2) (1 symbol)
  functions in use in several copies: count

END
