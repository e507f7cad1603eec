# dlopen(NULL) returns the program's handle (dlopen(3)): dlsym with it looks where the program itself
# would look: the program, what it needs, and what was opened with RTLD_GLOBAL.
. "$TOP/tests/lib.sh"
. "$TOP/tests/gallery.sh"

so local.so <<<'int in_local(void) { return 1; }'
so global.so <<<'int in_global(void) { return 1; }'
program host -rdynamic <<'END'
#include <dlfcn.h>
#include <stdio.h>
int in_host(void) { return 1; }
int main(void)
{
	void *self = dlopen(NULL, RTLD_NOW);
	dlopen("./local.so", RTLD_NOW);
	dlopen("./global.so", RTLD_NOW | RTLD_GLOBAL);
	printf("%d%d%d\n", dlsym(self, "in_host") != NULL, dlsym(self, "in_local") != NULL,
		dlsym(self, "in_global") != NULL);
	return 0;
}
END
judge ./host
transcript <<'END'
$ cat program.out
101
$ plugreport calls
       AT    TID  CALL                                         RESULT            KNOWN BY  CALLED FROM
  2.34 ms  13664  dlopen(NULL, RTLD_NOW)                       was there: host   name      main() at host.c:6 in host
  2.35 ms  13664  dlopen("./local.so", RTLD_NOW)               loaded local.so   opening   main() at host.c:7 in host
  2.45 ms  13664  dlopen("./global.so", RTLD_NOW|RTLD_GLOBAL)  loaded global.so  opening   main() at host.c:8 in host
  2.51 ms  13664  dlsym(host, "in_global")                     from global.so    binding   main() at host.c:10 in host
  2.52 ms  13664  dlsym(host, "in_local")                      not found         -         main() at host.c:9 in host
  2.52 ms  13664  dlsym(host, "in_host")                       from host         binding   main() at host.c:9 in host
Results known by opening, search or name are inferred from what came next.
END
