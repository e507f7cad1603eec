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
process PID (host)
  namespace 0: 6 objects, the program's own
  namespace 2: 2 objects, made TIME after the start by dlmopen(LM_ID_NEWLM, "./plugin.so", RTLD_NOW) called from main() at host.c:7 in host
  namespace 3: 1 object, made TIME after the start by dlmopen(LM_ID_NEWLM, "./bare.so", RTLD_NOW) called from main() at host.c:11 in host
  0  2  3  OBJECT
  x  DIR/host
  x  /lib/x86_64-linux-gnu/libc.so.6
  x  x  ./plugin.so  in 2 namespaces
  x  x  DIR/./libcounter.so  in 2 namespaces
  x  ./bare.so
Which call made a namespace is inferred from the order of events.
$ plugreport bindings --symbol count
  FROM  SYMBOL  VERSION  TO  KIND  SOURCE  COUNT
  plugin.so  count  -  libcounter.so  plt  la_symbind  1
  plugin.so (namespace 2)  count  -  libcounter.so (namespace 2)  plt  la_symbind  1
$ plugreport calls --name '*.so'
  AT  TID  CALL  RESULT  KNOWN BY  CALLED FROM
  TIME  TID  dlopen("./plugin.so", RTLD_NOW|RTLD_GLOBAL)  loaded plugin.so  opening  main() at host.c:6 in host
  TIME  TID  dlmopen(LM_ID_NEWLM, "./plugin.so", RTLD_NOW)  loaded plugin.so (namespace 2)  opening  main() at host.c:7 in host
  TIME  TID  dlsym(plugin.so, "plugin")  from plugin.so  binding  run() at host.c:3 in host
  TIME  TID  dlsym(plugin.so, "plugin")  from plugin.so  binding  run() at host.c:3 in host
  TIME  TID  dlsym(plugin.so (namespace 2), "plugin")  from plugin.so (namespace 2)  binding  run() at host.c:3 in host
  TIME  TID  dlmopen(LM_ID_NEWLM, "./bare.so", RTLD_NOW)  failed: bare.so (namespace 3) refers to count, which nothing in its scopes defines  opening  main() at host.c:11 in host
Results known by opening, search or name are inferred from what came next.
END
