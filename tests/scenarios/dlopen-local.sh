# RTLD_LOCAL (dlopen(3)), which is what dlopen does when it is told neither: what the library and its
# dependencies define is not for libraries that are opened later.  A second plugin that counts on a
# library that the first one brought can't see it, unless it needs it itself.
. "$TOP/tests/lib.sh"
. "$TOP/tests/gallery.sh"

so libshared.so <<<'int shared(void) { return 1; }'
so first.so -L. -l:libshared.so -Wl,-rpath,'$ORIGIN' <<<'int shared(void); int first(void) { return shared(); }'
so second.so <<<'int shared(void); int second(void) { return shared(); }'
so third.so -L. -l:libshared.so -Wl,-rpath,'$ORIGIN' <<<'int shared(void); int third(void) { return shared(); }'
program host <<'END'
#include <dlfcn.h>
#include <stdio.h>
int main(void)
{
	puts(dlopen("./first.so", RTLD_NOW) ? "first" : "first failed");
	puts(dlopen("./second.so", RTLD_NOW) ? "second" : "second failed");
	puts(dlopen("./third.so", RTLD_NOW) ? "third" : "third failed");
	return 0;
}
END
judge ./host
transcript <<'END'
$ cat program.out
first
second failed
third
$ plugreport calls
       AT    TID  CALL                             RESULT                                                                   KNOWN BY  CALLED FROM
  0.63 ms  24644  dlopen("./first.so", RTLD_NOW)   loaded first.so                                                          opening   main() at host.c:5 in host
  0.80 ms  24644  dlopen("./second.so", RTLD_NOW)  failed: second.so refers to shared, which nothing in its scopes defines  opening   main() at host.c:6 in host
  0.87 ms  24644  dlopen("./third.so", RTLD_NOW)   loaded third.so                                                          opening   main() at host.c:7 in host
Results known by opening, search or name are inferred from what came next.
$ plugreport bindings --symbol shared
  FROM      SYMBOL  VERSION  TO            KIND  SOURCE      COUNT
  first.so  shared  -        libshared.so  plt   la_symbind      1
  third.so  shared  -        libshared.so  plt   la_symbind      1
$ plugreport object second.so | sed -n '/^Not bound/,$p'
Not bound when the load failed  [inferred, from the files' symbols]
  SYMBOL  WHO HAS IT
  shared  libshared.so: exported, but not where this object looks, or not in the version it wants

$ plugreport scopes third.so
  third.so: global, then third.so
    1  global: host, libc.so.6, ld-linux-x86-64.so.2
    2  third.so: third.so, libshared.so
Scopes are inferred: rebuilt from the recorded loads, calls and closes.
END
