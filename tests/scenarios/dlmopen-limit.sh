# glibc has 16 namespaces (dlmopen(3)).  The program has one and the recorder has one: of 16 attempts 14
# succeed (15 without any auditor), for the others there is no room.
. "$TOP/tests/lib.sh"
. "$TOP/tests/gallery.sh"

need_dlmopen
so plugin.so -nostdlib <<<'int plugin(void) { return 1; }'
program host <<'END'
#include <dlfcn.h>
#include <stdio.h>
int main(void)
{
	int n = 0;
	for (int i = 0; i < 16; i++)
		n += dlmopen(LM_ID_NEWLM, "./plugin.so", RTLD_NOW) != NULL;
	printf("%d\n", n);
	return 0;
}
END
judge ./host
transcript <<'END'
$ cat program.out
14
$ plugreport calls | grep -oE ' (loaded|failed) ' | sort | uniq -c
      2  failed 
     14  loaded 
$ plugreport namespaces | grep -cE '^ +namespace [0-9]'
15
END
