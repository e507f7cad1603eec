# When the last object of a dlmopen namespace is closed, ld.so closes its own entry there too, which it
# announces from glibc 2.41 on only.  What else is open stays known: to forked children, and to objects opened later.
. "$TOP/tests/lib.sh"

need_dlmopen

# It needs libc, which needs ld.so: only then has the namespace an entry for it.
so libfirst.so -Wl,--no-as-needed -lc <<<'int first(void) { return 1; }'
so liblater.so <<'END'
#include <stdio.h>
FILE **later = &stdout;
int use(void) { return fprintf(*later, "later\n"); }
END
program prog <<'END'
#include <dlfcn.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>
int main(void)
{
	void *handle = dlmopen(LM_ID_NEWLM, "./libfirst.so", RTLD_NOW);
	int (*use)(void);

	if (!handle || dlclose(handle))
		return 1;
	handle = dlopen("./liblater.so", RTLD_NOW);
	use = handle ? (int (*)(void))dlsym(handle, "use") : NULL;
	if (!use || use() < 0)
		return 2;
	fflush(stdout);
	if (fork() == 0)
		_exit(0);
	wait(NULL);
	return 0;
}
END
same_run ./prog
ingest
if glibc_at_least 2.41; then kind=ld.so; else kind=unopened; fi
expect_db "ld.so's entry was closed" "SELECT kind FROM object WHERE kind NOT IN ('main', 'library')
	AND namespace != 0 AND closed_seq IS NOT NULL" $kind
expect_db "slots of what came later are read" "SELECT count(*) FROM v_binding
	WHERE symbol = 'stdout' AND from_path LIKE '%liblater.so' AND source = 'relocation'
	AND to_path IS NOT NULL" 1
expect_db "the child has what its parent had" "SELECT count(*) FROM v_object o
	JOIN v_process p ON p.process = o.process WHERE p.begin_kind = 'fork'
	AND (path LIKE '%/prog' OR path LIKE '%libc.so.6' OR path LIKE '%liblater.so')" 3
