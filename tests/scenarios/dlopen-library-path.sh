# A name without a slash is searched for, LD_LIBRARY_PATH before the program's DT_RUNPATH (ld.so(8)); a
# path is not searched for.  When both lead to one file, it is loaded once; when they do not, the file
# behind the path is a second object, though both have one SONAME: only a name without a slash comes to
# what is there already.
. "$TOP/tests/lib.sh"
. "$TOP/tests/gallery.sh"

mkdir one two
so one/libplugin.so <<<'int number(void) { return 1; }'
so two/libplugin.so <<<'int number(void) { return 2; }'
program host -Wl,-rpath,'$ORIGIN/two' <<'END'
#include <dlfcn.h>
#include <stdio.h>
int main(void)
{
	const char *names[] = {"libplugin.so", "./one/libplugin.so", "./two/libplugin.so", "libplugin.so"};
	for (int i = 0; i < 4; i++)
		printf("%d", ((int (*)(void))dlsym(dlopen(names[i], RTLD_NOW), "number"))());
	puts("");
	return 0;
}
END
judge LD_LIBRARY_PATH="$PWD/one" ./host
transcript <<'END'
$ cat program.out
1121
$ plugreport calls --name '*.so'
  AT  TID  CALL  RESULT  KNOWN BY  CALLED FROM
  TIME  TID  dlopen("libplugin.so", RTLD_NOW)  loaded one/libplugin.so  opening  main() at host.c:7 in host
  TIME  TID  dlsym(one/libplugin.so, "number")  from one/libplugin.so  binding  main() at host.c:7 in host
  TIME  TID  dlopen("./one/libplugin.so", RTLD_NOW)  was there: one/libplugin.so  search  main() at host.c:7 in host
  TIME  TID  dlsym(one/libplugin.so, "number")  from one/libplugin.so  binding  main() at host.c:7 in host
  TIME  TID  dlopen("./two/libplugin.so", RTLD_NOW)  loaded two/libplugin.so  opening  main() at host.c:7 in host
  TIME  TID  dlsym(two/libplugin.so, "number")  from two/libplugin.so  binding  main() at host.c:7 in host
  TIME  TID  dlopen("libplugin.so", RTLD_NOW)  was there: one/libplugin.so  name  main() at host.c:7 in host
  TIME  TID  dlsym(one/libplugin.so, "number")  from one/libplugin.so  binding  main() at host.c:7 in host
Results known by opening, search or name are inferred from what came next.
$ plugreport why-found libplugin.so | sed -n '/needed by\|opened by\|was found/,/default/p'
was found by LD_LIBRARY_PATH: DIR/one/libplugin.so
TIME after the start of process PID (host)
  RULE  PLACE  WRITTEN IN
  left out  DT_RPATH  (ignored: the requester has DT_RUNPATH)
  found  LD_LIBRARY_PATH  DIR/one/libplugin.so
  not tried  DT_RUNPATH  DIR/two  "$ORIGIN/two" in host
  not tried  ld.so.cache
was found: ./two/libplugin.so
TIME after the start of process PID (host)
  RULE  PLACE  WRITTEN IN
  found  the name is a path  ./two/libplugin.so
ld.so told what it was asked for and which paths it was about to try; rules and outcomes are inferred.
END
