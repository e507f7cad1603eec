# RTLD_NOLOAD (dlopen(3)): nothing is loaded; the call tells whether the library is there, and its other
# flags count for what is there: with RTLD_GLOBAL it is promoted.
. "$TOP/tests/lib.sh"
. "$TOP/tests/gallery.sh"

so plugin.so <<<'int plugin(void) { return 1; }'
so user.so <<<'int plugin(void); int user(void) { return plugin(); }'
program host <<'END'
#include <dlfcn.h>
#include <stdio.h>
int main(void)
{
	puts(dlopen("./plugin.so", RTLD_NOW | RTLD_NOLOAD) ? "there" : "not there");
	dlopen("./plugin.so", RTLD_NOW);
	puts(dlopen("./plugin.so", RTLD_NOW | RTLD_NOLOAD) ? "there" : "not there");
	puts(dlopen("./user.so", RTLD_NOW) ? "user" : "user failed");
	dlopen("./plugin.so", RTLD_NOW | RTLD_NOLOAD | RTLD_GLOBAL);
	puts(dlopen("./user.so", RTLD_NOW) ? "user" : "user failed");
	return 0;
}
END
judge ./host
transcript <<'END'
$ cat program.out
not there
there
user failed
user
$ plugreport calls
  AT  TID  CALL  RESULT  KNOWN BY  CALLED FROM
  TIME  TID  dlopen("./plugin.so", RTLD_NOW|RTLD_NOLOAD)  failed  not loaded  main() at host.c:5 in host
  TIME  TID  dlopen("./plugin.so", RTLD_NOW)  loaded plugin.so  opening  main() at host.c:6 in host
  TIME  TID  dlopen("./plugin.so", RTLD_NOW|RTLD_NOLOAD)  was there: plugin.so  name  main() at host.c:7 in host
  TIME  TID  dlopen("./user.so", RTLD_NOW)  failed: user.so refers to plugin, which nothing in its scopes defines  opening  main() at host.c:8 in host
  TIME  TID  dlopen("./plugin.so", RTLD_NOW|RTLD_NOLOAD|RTLD_GLOBAL)  was there: plugin.so  name  main() at host.c:9 in host
  TIME  TID  dlopen("./user.so", RTLD_NOW)  loaded user.so  opening  main() at host.c:10 in host
Results known by opening, search or name are inferred from what came next.
$ plugreport why-loaded plugin.so
plugin.so was loaded because main() at host.c:6 in host opened it.
in process PID (host)
  DIR/host  the program
  `- ./plugin.so  TIME
  dlopen("./plugin.so", RTLD_NOW) called from main() at host.c:6 in host
  #0  main() at host.c:6 in host
  found: the name is a path, so there was no search
  the file is DIR/plugin.so
  Afterwards:
  TIME  dlopen("./plugin.so", RTLD_NOW|RTLD_NOLOAD) called from main() at host.c:7 in host  [inferred: an object of this name was there]
  TIME  dlopen("./plugin.so", RTLD_NOW|RTLD_NOLOAD|RTLD_GLOBAL) called from main() at host.c:9 in host  [inferred: an object of this name was there]
Which loads, searches and calls belong together is inferred from their order.
END
