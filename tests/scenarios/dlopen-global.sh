# RTLD_GLOBAL (dlopen(3)): what the library and its dependencies define serves whatever is opened later.
# A library that was loaded RTLD_LOCAL joins when it is opened with RTLD_GLOBAL once more.
. "$TOP/tests/lib.sh"
. "$TOP/tests/gallery.sh"

so libshared.so <<<'int shared(void) { return 1; }'
so first.so -L. -l:libshared.so -Wl,-rpath,'$ORIGIN' <<<'int shared(void); int first(void) { return shared(); }'
so second.so <<<'int first(void), shared(void); int second(void) { return first() + shared(); }'
program host <<'END'
#include <dlfcn.h>
#include <stdio.h>
int main(void)
{
	dlopen("./first.so", RTLD_NOW);
	puts(dlopen("./second.so", RTLD_NOW) ? "second" : "second failed");
	dlopen("./first.so", RTLD_NOW | RTLD_GLOBAL);
	puts(dlopen("./second.so", RTLD_NOW) ? "second" : "second failed");
	return 0;
}
END
judge ./host
transcript <<'END'
$ cat program.out
second failed
second
$ plugreport calls
       AT    TID  CALL                                        RESULT                                                                               KNOWN BY  CALLED FROM
  0.63 ms  24344  dlopen("./first.so", RTLD_NOW)              loaded first.so                                                                      opening   main() at host.c:5 in host
  0.79 ms  24344  dlopen("./second.so", RTLD_NOW)             failed: second.so refers to shared and 1 other, which nothing in its scopes defines  opening   main() at host.c:6 in host
  0.86 ms  24344  dlopen("./first.so", RTLD_NOW|RTLD_GLOBAL)  was there: first.so                                                                  name      main() at host.c:7 in host
  0.87 ms  24344  dlopen("./second.so", RTLD_NOW)             loaded second.so                                                                     opening   main() at host.c:8 in host
Results known by opening, search or name are inferred from what came next.
$ plugreport bindings --from second.so --kind plt | sort
  FROM       SYMBOL  VERSION  TO            KIND  SOURCE      COUNT
  second.so  first   -        first.so      plt   la_symbind      1
  second.so  shared  -        libshared.so  plt   la_symbind      1
$ plugreport why-global libshared.so
libshared.so joined the global scope 0.86 ms after the start: first.so was opened with RTLD_GLOBAL and needs it.
in process 24344 (host)

    0.63 ms  dlopen("./first.so", RTLD_NOW) called from main() at host.c:5 in host [without RTLD_GLOBAL]
    0.86 ms  dlopen("./first.so", RTLD_NOW|RTLD_GLOBAL) called from main() at host.c:7 in host [with RTLD_GLOBAL]
               #0  main() at host.c:7 in host
               #1  __libc_start_call_main()+0x7a in libc.so.6
               #2  __libc_start_main()+0x85 in libc.so.6
               #3  _start()+0x21 in host

  Bound to it because of that:
    second.so: shared; else found nowhere

Scopes are inferred: rebuilt from the recorded loads, calls and closes.
END
