# One file is one object however its path is written: ld.so compares names, then device and inode of the
# file that it opened.  "./dir/../plugin.so", a symbolic link, a hard link and the full path all come to
# the object that is there.  A copy is another file, and another object.
. "$TOP/tests/lib.sh"
. "$TOP/tests/gallery.sh"

mkdir dir
so plugin.so <<<'int count(void) { static int n; return ++n; }'
ln -s plugin.so soft.so
ln plugin.so hard.so
cp plugin.so copy.so
program host <<'END'
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
int main(void)
{
	char *full = realpath("plugin.so", NULL);
	const char *names[] = {"./plugin.so", "./dir/../plugin.so", full, "./soft.so", "./hard.so", "./copy.so"};
	for (int i = 0; i < 6; i++)
		printf("%d", ((int (*)(void))dlsym(dlopen(names[i], RTLD_NOW), "count"))());
	puts("");
	return 0;
}
END
judge ./host
transcript <<'END'
$ cat program.out
123451
$ plugreport calls --name '*.so'
       AT    TID  CALL                                    RESULT                KNOWN BY  CALLED FROM
  0.66 ms  14733  dlopen("./plugin.so", RTLD_NOW)         loaded plugin.so      opening   main() at host.c:9 in host
  0.76 ms  14733  dlsym(plugin.so, "count")               from plugin.so        binding   main() at host.c:9 in host
  0.78 ms  14733  dlopen("./dir/../plugin.so", RTLD_NOW)  was there: plugin.so  search    main() at host.c:9 in host
  0.79 ms  14733  dlsym(plugin.so, "count")               from plugin.so        binding   main() at host.c:9 in host
  0.80 ms  14733  dlopen("/opt/app/plugin.so", RTLD_NOW)  was there: plugin.so  search    main() at host.c:9 in host
  0.81 ms  14733  dlsym(plugin.so, "count")               from plugin.so        binding   main() at host.c:9 in host
  0.81 ms  14733  dlopen("./soft.so", RTLD_NOW)           was there: plugin.so  search    main() at host.c:9 in host
  0.83 ms  14733  dlsym(plugin.so, "count")               from plugin.so        binding   main() at host.c:9 in host
  0.83 ms  14733  dlopen("./hard.so", RTLD_NOW)           was there: plugin.so  search    main() at host.c:9 in host
  0.85 ms  14733  dlsym(plugin.so, "count")               from plugin.so        binding   main() at host.c:9 in host
  0.85 ms  14733  dlopen("./copy.so", RTLD_NOW)           loaded copy.so        opening   main() at host.c:9 in host
  0.90 ms  14733  dlsym(copy.so, "count")                 from copy.so          binding   main() at host.c:9 in host
Results known by opening, search or name are inferred from what came next.
$ plugreport objects '*y.so' plugin.so
  NS  OBJECT       SONAME     BUILD-ID       OPENED   CLOSED  WHY IT IS THERE
   0  ./plugin.so  plugin.so  b138343a8a5c  0.75 ms  at exit  dlopen called from main() at host.c:9 in host
   0  ./copy.so    plugin.so  b138343a8a5c  0.89 ms  at exit  dlopen called from main() at host.c:9 in host
Why an object is there is inferred from the order of events.
$ plugreport duplicates
plugin.so: 2 files of one build
  split: several are in use, each has a state of its own
  ./plugin.so
    dlopen called from main() at host.c:9 in host
    found: the name is a path, so there was no search
    bound to it: host (1 symbol)
  ./copy.so
    dlopen called from main() at host.c:9 in host
    found: the name is a path, so there was no search
    bound to it: host (1 symbol)
  functions in use in several copies: count

./plugin.so: one load, asked for by 5 names: ./plugin.so (by host), ./dir/../plugin.so (by host), /opt/app/plugin.so (by host), ./soft.so (by host), ./hard.so (by host)
END
