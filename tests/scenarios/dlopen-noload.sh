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
       AT    TID  CALL                                                     RESULT                                                                 KNOWN BY    CALLED FROM
  0.55 ms  24874  dlopen("./plugin.so", RTLD_NOW|RTLD_NOLOAD)              failed                                                                 not loaded  main() at host.c:5 in host
  0.60 ms  24874  dlopen("./plugin.so", RTLD_NOW)                          loaded plugin.so                                                       opening     main() at host.c:6 in host
  0.66 ms  24874  dlopen("./plugin.so", RTLD_NOW|RTLD_NOLOAD)              was there: plugin.so                                                   name        main() at host.c:7 in host
  0.67 ms  24874  dlopen("./user.so", RTLD_NOW)                            failed: user.so refers to plugin, which nothing in its scopes defines  opening     main() at host.c:8 in host
  0.73 ms  24874  dlopen("./plugin.so", RTLD_NOW|RTLD_NOLOAD|RTLD_GLOBAL)  was there: plugin.so                                                   name        main() at host.c:9 in host
  0.74 ms  24874  dlopen("./user.so", RTLD_NOW)                            loaded user.so                                                         opening     main() at host.c:10 in host
Results known by opening, search or name are inferred from what came next.
$ plugreport why-loaded plugin.so
plugin.so was loaded because main() at host.c:6 in host opened it.
in process 24874 (host)

  /opt/app/host  the program
  `- ./plugin.so  0.65 ms
        dlopen("./plugin.so", RTLD_NOW) called from main() at host.c:6 in host
          #0  main() at host.c:6 in host
          #1  __libc_start_call_main()+0x7a in libc.so.6
          #2  __libc_start_main()+0x85 in libc.so.6
          #3  _start()+0x21 in host
        found: the name is a path, so there was no search
        the file is /opt/app/plugin.so

  Afterwards:
      0.66 ms  dlopen("./plugin.so", RTLD_NOW|RTLD_NOLOAD) called from main() at host.c:7 in host  [inferred: an object of this name was there]
      0.73 ms  dlopen("./plugin.so", RTLD_NOW|RTLD_NOLOAD|RTLD_GLOBAL) called from main() at host.c:9 in host  [inferred: an object of this name was there]

Which loads, searches and calls belong together is inferred from their order.
$ plugreport promotions
       AT  OBJECT     HOW           LOADED  BY                                                       CALLED FROM                 BOUND SINCE
  0.73 ms  plugin.so  RTLD_NOLOAD  0.65 ms  dlopen("./plugin.so", RTLD_NOW|RTLD_NOLOAD|RTLD_GLOBAL)  main() at host.c:9 in host            1
Scopes are inferred: rebuilt from the recorded loads, calls and closes.
END
