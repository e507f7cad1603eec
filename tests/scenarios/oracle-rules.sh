# ld.so's own account and ours agree in its corners: a load that fails after it was mapped, an object
# reached under another name, tokens, empty and repeated directories, a cache entry that must not be
# used, files that are no libraries, filters, nested calls, several threads.
. "$TOP/tests/lib.sh"
glibc_at_least 2.35 || skip "before glibc 2.35 auxiliary libraries end the program under any auditor"

mkdir -p one two library/lib64 tokens gift/filter
so libbase.so <<<'int base(void) { return 1; }'
ln libbase.so libhard.so
ln -s libbase.so libsoft.so
so one/libtwice.so <<<'int twice(void) { return 1; }'
cp one/libtwice.so two/
so libuser.so -Lone -ltwice -Wl,--enable-new-dtags,-rpath,'$ORIGIN/none:$ORIGIN/two:$ORIGIN/one:$ORIGIN/two' \
	<<<'int twice(void); int user(void) { return twice(); }'
so libundefined.so <<<'int nobody_has_it(void); int undefined(void) { return nobody_has_it(); }'
so libmissing.so -L. -lbase <<<'int base(void); int missing(void) { return base(); }'
so libinner.so <<<'int inner(void) { return 1; }'
so libnested.so -Wl,-rpath,'$ORIGIN' <<'END'
#include <dlfcn.h>
static void *handle;
__attribute__((constructor)) static void up(void) { handle = dlopen("libinner.so", RTLD_NOW); }
__attribute__((destructor)) static void down(void) { if (handle) dlclose(handle); }
END
so libnodeflib.so -Wl,-z,nodefaultlib -Wl,-rpath,'$ORIGIN/tokens' <<'END'
#include <dlfcn.h>
int nodeflib(void) { return dlopen("libz.so.1", RTLD_NOW) != (void *)0; }
END
so tokens/libtoken.so <<<'int token(void) { return 1; }'
so libfiltee.so <<<'int filtered(void) { return 7; }'
so libauxiliary.so -Wl,-f,libfiltee.so -Wl,-rpath,'$ORIGIN' <<<'int filtered(void) { return 8; }'
so libold.so -L. -lbase -Wl,--disable-new-dtags,-rpath,'$ORIGIN:$ORIGIN/one' <<<'int base(void); int old(void) { return base(); }'
echo "no library at all" >libtext.so
mkdir libdirectory.so
: >libempty.so
head -c 100 libbase.so >libshort.so
for i in 1 2 3 4 5 6; do so libthread$i.so -L. -lbase <<<"int base(void); int thread$i(void) { return base(); }"; done
program prog -Wl,-rpath,'$ORIGIN/library' <<'END'
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
static void try(const char *name, int flags)
{
	void *handle = dlopen(name, flags);
	printf("%s %d\n", name, handle != NULL);
}
static void *in_thread(void *arg)
{
	char name[64];
	for (int round = 0; round < 5; round++) {
		void *handle;
		snprintf(name, sizeof(name), "./libthread%ld.so", (long)arg);
		handle = dlopen(name, RTLD_NOW);
		if (handle)
			dlclose(handle);
	}
	return NULL;
}
int main(void)
{
	pthread_t threads[6];
	void *handle;

	try("./libbase.so", RTLD_LAZY);
	try("./libhard.so", RTLD_LAZY);
	try("./libsoft.so", RTLD_LAZY);
	try("libbase.so", RTLD_LAZY);
	try("./libabsent.so", RTLD_LAZY | RTLD_NOLOAD);
	try("./one/libtwice.so", RTLD_LAZY);
	try("./two/libtwice.so", RTLD_LAZY);
	try("./libuser.so", RTLD_LAZY);
	try("./libundefined.so", RTLD_NOW);
	try("./libundefined.so", RTLD_LAZY);
	try("./libmissing.so", RTLD_LAZY);
	handle = dlopen("./libnested.so", RTLD_NOW);
	if (handle)
		dlclose(handle);
	handle = dlopen("./libnodeflib.so", RTLD_NOW);
	if (handle)
		((int (*)(void))dlsym(handle, "nodeflib"))();
	try("$ORIGIN/tokens/libtoken.so", RTLD_NOW);
	try("libtoken.so", RTLD_NOW);
	try("./libauxiliary.so", RTLD_NOW);
	try("./libold.so", RTLD_NOW);
	try("./libtext.so", RTLD_NOW);
	try("./libdirectory.so", RTLD_NOW);
	try("./libempty.so", RTLD_NOW);
	try("./libshort.so", RTLD_NOW);
	try("", RTLD_NOW);
	for (long i = 0; i < 6; i++)
		pthread_create(&threads[i], NULL, in_thread, (void *)(i + 1));
	for (int i = 0; i < 6; i++)
		pthread_join(threads[i], NULL);
	handle = dlmopen(LM_ID_NEWLM, "libz.so.1", RTLD_NOW);
	printf("%d\n", handle != NULL);
	handle = dlmopen(LM_ID_NEWLM, "./libabsent.so", RTLD_NOW);
	printf("%d\n", handle != NULL);
	return 0;
}
END
equal_to_ld_debug env LD_LIBRARY_PATH="/no/such:$PWD/library::gift" ./prog
expect_sound
./prog >/dev/null
expect_db "a load that fails after it was mapped" "SELECT outcome FROM call
	WHERE name IN ('./libundefined.so') ORDER BY seq" "failed
loaded"
expect_db "the same file under other names" "SELECT name, outcome, result_path FROM v_call
	WHERE name IN ('./libhard.so', './libsoft.so', 'libbase.so') ORDER BY seq" \
	"./libhard.so|already-loaded|./libbase.so
./libsoft.so|already-loaded|./libbase.so
libbase.so|already-loaded|./libbase.so"
expect_db "no such object, and it is not to be loaded" "SELECT outcome, result_path FROM v_call
	WHERE name = './libabsent.so' AND kind = 'dlopen'" "failed|"
expect_db "files that are no libraries" "SELECT DISTINCT outcome FROM call
	WHERE name IN ('./libtext.so', './libdirectory.so', './libempty.so', './libshort.so')" failed
expect_db "the constructor's call is within the program's" "SELECT p.name FROM call c
	JOIN call p ON p.id = c.parent_call WHERE c.name = 'libinner.so'" ./libnested.so
equal_to_ld_debug env LD_BIND_NOW=1 LD_LIBRARY_PATH= ./prog
