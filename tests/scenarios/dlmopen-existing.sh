# dlmopen(3) into a namespace that exists: its number comes from dlinfo(RTLD_DI_LMID), or is LM_ID_BASE,
# the program's.  What is there already is not loaded again.
. "$TOP/tests/lib.sh"
. "$TOP/tests/gallery.sh"

need_dlmopen
so libshared.so <<<'int shared(void) { return 1; }'
so first.so -L. -l:libshared.so -Wl,-rpath,'$ORIGIN' <<<'int shared(void); int first(void) { return shared(); }'
so second.so -L. -l:libshared.so -Wl,-rpath,'$ORIGIN' <<<'int shared(void); int second(void) { return shared(); }'
program host <<'END'
#include <dlfcn.h>
#include <stdio.h>
int main(void)
{
	void *first = dlmopen(LM_ID_NEWLM, "./first.so", RTLD_NOW);
	Lmid_t space = -1;
	dlinfo(first, RTLD_DI_LMID, &space);
	puts(dlmopen(space, "./second.so", RTLD_NOW) ? "second" : "second failed");
	puts(dlmopen(LM_ID_BASE, "./second.so", RTLD_NOW) ? "second" : "second failed");
	return 0;
}
END
judge ./host
transcript <<'END'
$ cat program.out
second
second
$ plugreport calls --name '*.so'
       AT    TID  CALL                                          RESULT                          KNOWN BY  CALLED FROM
  4.73 ms  12127  dlmopen(LM_ID_NEWLM, "./first.so", RTLD_NOW)  loaded first.so (namespace 2)   opening   main() at host.c:5 in host
  4.89 ms  12127  dlmopen(2, "./second.so", RTLD_NOW)           loaded second.so (namespace 2)  opening   main() at host.c:8 in host
  4.96 ms  12127  dlmopen(LM_ID_BASE, "./second.so", RTLD_NOW)  loaded second.so                opening   main() at host.c:9 in host
Results known by opening, search or name are inferred from what came next.
$ plugreport objects first.so second.so libshared.so
  NS  OBJECT                   SONAME        BUILD-ID       OPENED   CLOSED  WHY IT IS THERE
   2  ./first.so               first.so      94cc3ad35516  4.80 ms  at exit  dlmopen called from main() at host.c:5 in host
   2  /opt/app/./libshared.so  libshared.so  08ec70263d5f  4.86 ms  at exit  needed by first.so (namespace 2)
   2  ./second.so              second.so     52b5a38bb65b  4.93 ms  at exit  dlmopen called from main() at host.c:8 in host
   0  ./second.so              second.so     52b5a38bb65b  4.99 ms  at exit  dlmopen called from main() at host.c:9 in host
   0  /opt/app/./libshared.so  libshared.so  08ec70263d5f  5.04 ms  at exit  needed by second.so
Why an object is there is inferred from the order of events.
END
