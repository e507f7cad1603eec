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
  AT  TID  CALL  RESULT  KNOWN BY  CALLED FROM
  TIME  TID  dlopen("./plain.so", RTLD_NOW)  loaded plain.so  opening  main() at host.c:6 in host
  TIME  TID  dlopen("./deep.so", RTLD_NOW|RTLD_DEEPBIND)  loaded deep.so  opening  main() at host.c:6 in host
  TIME  TID  dlsym(plain.so, "plugin_plain")  from plain.so  binding  main() at host.c:7 in host
  TIME  TID  dlsym(deep.so, "plugin_deep")  from deep.so  binding  main() at host.c:8 in host
Results known by opening, search or name are inferred from what came next.
$ plugreport bindings --symbol logger
  FROM  SYMBOL  VERSION  TO  KIND  SOURCE  COUNT
  plain.so  logger  -  host  plt  la_symbind  1
  deep.so  logger  -  deep.so  plt  la_symbind  1
END
