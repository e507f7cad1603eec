# dlopen looks at its return address: the caller's RUNPATH with $ORIGIN counts for a bare name, and
# the caller's namespace is where the object goes.  Both stay as they are when the call is tapped.
. "$TOP/tests/lib.sh"
need_dlmopen

mkdir -p here/inner there/inner
so here/inner/libbare.so <<<'const char *where(void) { return "here"; }'
so there/inner/libbare.so <<<'const char *where(void) { return "there"; }'
cat >asker.inc <<'END'
#include <dlfcn.h>
#include <stdio.h>
void ask(void)
{
	Dl_info info;
	Lmid_t ns = -2;
	void *handle = dlopen("libbare.so", RTLD_LAZY);
	if (!handle)
		return (void)puts(dlerror());
	dlinfo(handle, RTLD_DI_LMID, &ns);
	dladdr(dlsym(handle, "where"), &info);
	printf("%s %d %s\n", ((const char *(*)(void))dlsym(handle, "where"))(), ns != LM_ID_BASE,
	       info.dli_sname);
	dlclose(handle);
	printf("%s\n", dlopen("libnowhere.so", RTLD_LAZY) ? "found" : dlerror());
	fflush(stdout); /* another namespace has its own stdout, which exit does not know */
}
END
so here/libhere.so -I. -Wl,--enable-new-dtags,-rpath,'$ORIGIN/inner' <<<'#include "asker.inc"'
so there/libthere.so -I. -Wl,--enable-new-dtags,-rpath,'$ORIGIN/inner' -Wl,-z,now \
	<<<'#include "asker.inc"'
so libnext.so <<<'int shared_name(void) { return 2; }'
program prog -L. -Wl,--no-as-needed -lnext -Wl,-rpath,'$ORIGIN' -rdynamic <<'END'
#include <dlfcn.h>
#include <stdio.h>
int shared_name(void);
int shared_name(void) { return 1; }
int main(void)
{
	void *here = dlopen("here/libhere.so", RTLD_LAZY), *there = dlopen("there/libthere.so", RTLD_LAZY);
	void *apart = dlmopen(LM_ID_NEWLM, "here/libhere.so", RTLD_LAZY);
	((void (*)(void))dlsym(here, "ask"))();
	((void (*)(void))dlsym(there, "ask"))();
	((void (*)(void))dlsym(apart, "ask"))();
	printf("%s\n", dlopen("libbare.so", RTLD_LAZY) ? "found" : dlerror());
	/* RTLD_NEXT is after the caller, too */
	printf("%d %d\n", ((int (*)(void))dlsym(RTLD_DEFAULT, "shared_name"))(),
	       ((int (*)(void))dlsym(RTLD_NEXT, "shared_name"))());
	return 0;
}
END
same_run ./prog
expect_eq "each found its own" "$(sed -n '1p;3p;5p' plain.out)" "here 0 where
there 0 where
here 1 where"
expect_sound
expect_db "found through the caller's RUNPATH" "SELECT DISTINCT requester_path, owner_path, rule
	FROM v_search WHERE name = 'libbare.so' AND outcome = 'loaded' AND origin = 'runpath'
	ORDER BY requester_path" "here/libhere.so|here/libhere.so|runpath
there/libthere.so|there/libthere.so|runpath"
