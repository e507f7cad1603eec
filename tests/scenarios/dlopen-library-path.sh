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
       AT    TID  CALL                                    RESULT                       KNOWN BY  CALLED FROM
  0.56 ms  13012  dlopen("libplugin.so", RTLD_NOW)        loaded one/libplugin.so      opening   main() at host.c:7 in host
  0.65 ms  13012  dlsym(one/libplugin.so, "number")       from one/libplugin.so        binding   main() at host.c:7 in host
  0.67 ms  13012  dlopen("./one/libplugin.so", RTLD_NOW)  was there: one/libplugin.so  search    main() at host.c:7 in host
  0.68 ms  13012  dlsym(one/libplugin.so, "number")       from one/libplugin.so        binding   main() at host.c:7 in host
  0.68 ms  13012  dlopen("./two/libplugin.so", RTLD_NOW)  loaded two/libplugin.so      opening   main() at host.c:7 in host
  0.74 ms  13012  dlsym(two/libplugin.so, "number")       from two/libplugin.so        binding   main() at host.c:7 in host
  0.74 ms  13012  dlopen("libplugin.so", RTLD_NOW)        was there: one/libplugin.so  name      main() at host.c:7 in host
  0.74 ms  13012  dlsym(one/libplugin.so, "number")       from one/libplugin.so        binding   main() at host.c:7 in host
Results known by opening, search or name are inferred from what came next.
$ plugreport why-found libplugin.so | sed -n '/needed by\|opened by\|was found/,/default/p'
was found by LD_LIBRARY_PATH: /opt/app/one/libplugin.so
0.60 ms after the start of process 13012 (host)
             RULE               PLACE                                    WRITTEN IN
  left out   DT_RPATH           (ignored: the requester has DT_RUNPATH)
  found      LD_LIBRARY_PATH    /opt/app/one/libplugin.so
  not tried  DT_RUNPATH         /opt/app/two                             "$ORIGIN/two" in host
  not tried  ld.so.cache
  not tried  default directory  /lib/x86_64-linux-gnu
was found: ./two/libplugin.so
0.69 ms after the start of process 13012 (host)
         RULE                PLACE               WRITTEN IN
  found  the name is a path  ./two/libplugin.so

ld.so told what it was asked for and which paths it was about to try; rules and outcomes are inferred.
$ plugreport duplicates
libplugin.so: 2 files of this SONAME
  split: several are in use, each has a state of its own
  /opt/app/one/libplugin.so
    dlopen called from main() at host.c:7 in host
    found by LD_LIBRARY_PATH
    bound to it: host (1 symbol)
  ./two/libplugin.so
    dlopen called from main() at host.c:7 in host
    found: the name is a path, so there was no search
    bound to it: host (1 symbol)
  functions in use in several copies: number

/opt/app/one/libplugin.so: one load, asked for by 2 names: libplugin.so (by host), ./one/libplugin.so (by host)
END
