# dlsym(3): RTLD_NEXT looks behind the caller in the order of look-up, so that a preloaded function can
# call the one that it stands before; RTLD_DEFAULT looks where the caller's own references would be
# bound.
. "$TOP/tests/lib.sh"
. "$TOP/tests/gallery.sh"

so libwork.so <<<'int work(void) { return 1; }'
so wrapper.so <<'END'
#include <dlfcn.h>
int work(void)
{
	int (*next)(void) = (int (*)(void))dlsym(RTLD_NEXT, "work");
	return 10 * next();
}
END
program host -L. -l:libwork.so -Wl,-rpath,'$ORIGIN' <<'END'
#include <dlfcn.h>
#include <stdio.h>
int work(void);
int main(void)
{
	int (*first)(void) = (int (*)(void))dlsym(RTLD_DEFAULT, "work");
	printf("%d %d\n", work(), first());
	return 0;
}
END
judge LD_PRELOAD=./wrapper.so ./host
transcript <<'END'
$ cat program.out
10 10
$ plugreport calls
       AT    TID  CALL                         RESULT           KNOWN BY  CALLED FROM
  4.83 ms  14844  dlsym(RTLD_DEFAULT, "work")  from wrapper.so  binding   main() at host.c:6 in host
  4.85 ms  14844  dlsym(RTLD_NEXT, "work")     from libwork.so  binding   work() at wrapper.c:4 in wrapper.so
  4.86 ms  14844  dlsym(RTLD_NEXT, "work")     from libwork.so  binding   work() at wrapper.c:4 in wrapper.so
Results known by opening, search or name are inferred from what came next.
$ plugreport bindings --symbol work
  FROM        SYMBOL  VERSION  TO          KIND   SOURCE      COUNT
  host        work    -        wrapper.so  dlsym  la_symbind      1
  wrapper.so  work    -        libwork.so  dlsym  la_symbind      2
  host        work    -        wrapper.so  plt    la_symbind      1
END
