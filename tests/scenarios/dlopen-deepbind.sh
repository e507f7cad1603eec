# RTLD_DEEPBIND (dlopen(3)): the library looks into itself and its dependencies before the global scope.
# Without it, the program's logger() wins over the plugin's own.
. "$TOP/tests/lib.sh"
. "$TOP/tests/gallery.sh"

for plugin in plain deep; do
	so $plugin.so -L. <<<"int logger(void) { return 2; } int plugin_$plugin(void) { return logger(); }"
done
program host -rdynamic <<'END'
#include <dlfcn.h>
#include <stdio.h>
int logger(void) { return 1; }
int main(void)
{
	void *plain = dlopen("./plain.so", RTLD_NOW), *deep = dlopen("./deep.so", RTLD_NOW | RTLD_DEEPBIND);
	printf("plain: %d\n", ((int (*)(void))dlsym(plain, "plugin_plain"))());
	printf("deep: %d\n", ((int (*)(void))dlsym(deep, "plugin_deep"))());
	return 0;
}
END
judge ./host
transcript <<'END'
$ cat program.out
plain: 1
deep: 2
$ plugreport calls --name '*.so'
       AT    TID  CALL                                         RESULT           KNOWN BY  CALLED FROM
  0.55 ms  12669  dlopen("./plain.so", RTLD_NOW)               loaded plain.so  opening   main() at host.c:6 in host
  0.63 ms  12669  dlopen("./deep.so", RTLD_NOW|RTLD_DEEPBIND)  loaded deep.so   opening   main() at host.c:6 in host
  0.68 ms  12669  dlsym(plain.so, "plugin_plain")              from plain.so    binding   main() at host.c:7 in host
  0.70 ms  12669  dlsym(deep.so, "plugin_deep")                from deep.so     binding   main() at host.c:8 in host
Results known by opening, search or name are inferred from what came next.
$ plugreport bindings --symbol logger
  FROM      SYMBOL  VERSION  TO       KIND  SOURCE      COUNT
  plain.so  logger  -        host     plt   la_symbind      1
  deep.so   logger  -        deep.so  plt   la_symbind      1
$ plugreport scopes deep.so
  deep.so: deep.so (RTLD_DEEPBIND), then global
    1  deep.so (RTLD_DEEPBIND): deep.so
    2  global: host, libc.so.6, ld-linux-x86-64.so.2
Scopes are inferred: rebuilt from the recorded loads, calls and closes.
END
