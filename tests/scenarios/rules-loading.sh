# The rules of check about what is searched and loaded: each finds what it is about, and nothing in a
# program that only looks like it.
. "$TOP/tests/lib.sh"

program host <<'C'
#include <dlfcn.h>
#include <stdio.h>
int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (!dlopen(argv[i], RTLD_NOW))
			fprintf(stderr, "%s\n", dlerror());
	return 0;
}
C

# failed-load: dlerror() tells it to the program only.
mkdir lib gone
so gone/libgone.so <<<'int gone(void) { return 1; }'
so needs.so -Lgone -lgone -Wl,-rpath,'$ORIGIN/lib' <<<'int gone(void); int needs(void) { return gone(); }'
so rejected.so <<<'int nowhere(void); int rejected(void) { return nowhere(); }'
so libok.so.1 <<<'int ok(void) { return 2; }'
echo 'this is no library' >broken.so
audit ./host ./needs.so ./rejected.so ./broken.so libabsent.so.7 2>err
expect_rules "failed-load" "error failed-load host
error failed-load needs.so host
error failed-load rejected.so host
note failed-load host" --rule failed-load
expect_match "what is missing, and who needs it" "$(message_of failed-load)" \
	'^needs\.so could not be loaded: libgone\.so was not found, or not usable; needs\.so needs it$'
expect_match "a file that is no library" "$(message_of failed-load)" '^\./broken\.so could not be loaded: \./broken\.so is no ELF file$'
expect_match "a name that is not there" "$(message_of failed-load)" 'libabsent\.so\.7 was not found by dlopen'
expect_match "advice" "$(plugreport check | tr -s ' \n' '  ')" \
	'= install libgone\.so where ld\.so looks, or give needs\.so a DT_RUNPATH with its directory;'
expect_match "the caller" "$(plugreport check)" 'called from main\(\) at host\.c:6'
audit ./host "$PWD/broken.so" 2>err
expect_rules "by its whole path" "error failed-load host"
expect_match "what it is" "$(message_of failed-load)" 'broken\.so could not be loaded: .*broken\.so is no ELF file$'
# Rejected for something that no symbol tells.
so tls.so -ftls-model=initial-exec <<<'__thread char tls[100000]; char *f(void) { return tls; }'
audit ./host ./tls.so 2>err
expect_match "it failed" "$(cat err)" 'static TLS'
expect_rules "static TLS" "error failed-load tls.so host" --rule failed-load
expect_match "a suspect" "$(message_of failed-load)" '^tls\.so could not be loaded: tls\.so wants 97\.7 KiB of static TLS'
# One of several forms of a name is there: the others are allowed to fail.
audit ./host libok.so ./lib/libok.so.1 ./libok.so.1 2>err
expect_rules "a fallback that succeeds" ""
# One of them came further, or is the last: that one is told.
audit ./host ./rejected ./rejected.so 2>err
expect_rules "a fallback that is rejected" "error failed-load rejected.so host"
audit ./host ./absent ./absent.so 2>err
expect_rules "none is there" "note failed-load host"
expect_match "none is there" "$(message_of failed-load)" '^\./absent\.so was not found by dlopen$'
# Only asked whether it is there.
program noload <<<'#include <dlfcn.h>
int main(void) { return dlopen("libabsent.so.7", RTLD_NOW | RTLD_NOLOAD) != 0; }'
audit ./noload
expect_rules "RTLD_NOLOAD" ""
program startup -Lgone -lgone <<<'int gone(void); int main(void) { return gone(); }'
audit ./startup 2>err || true
expect_rules "the program can't start" "error failed-load startup"
LD_PRELOAD=$PWD/nothere.so audit ./host 2>err
expect_rules "LD_PRELOAD" "warning failed-load host"

# wrong-copy: LD_LIBRARY_PATH comes before DT_RUNPATH; and a SONAME that is there already, before all.
mkdir own other same
so own/libdep.so.1 <<<'int dep(void) { return 1; }'
so other/libdep.so.1 <<<'int dep(void) { return 2; }'
cp own/libdep.so.1 same/
so user.so own/libdep.so.1 -Wl,--enable-new-dtags,-rpath,'$ORIGIN/own' <<<'int dep(void); int user(void) { return dep(); }'
so first.so other/libdep.so.1 -Wl,--enable-new-dtags,-rpath,'$ORIGIN/other' <<<'int dep(void); int first(void) { return dep(); }'
so rpath.so own/libdep.so.1 -Wl,--disable-new-dtags,-rpath,'$ORIGIN/own' <<<'int dep(void); int rpath(void) { return dep(); }'
LD_LIBRARY_PATH=$PWD/other audit ./host ./user.so
expect_rules "LD_LIBRARY_PATH before DT_RUNPATH" "warning wrong-copy libdep.so.1 user.so" --ignore unused-search-path
expect_match "why" "$(message_of wrong-copy)" "user\.so got $PWD/other/libdep\.so\.1, .*LD_LIBRARY_PATH comes first"
expect_match "what it would have been" "$(plugreport check | tr -s '\n ' ' ')" "would have found $PWD/\.?/?own/libdep\.so\.1 by"
audit ./host ./first.so ./user.so
expect_rules "a SONAME that is there already" "warning wrong-copy libdep.so.1 user.so" --ignore unused-search-path
expect_match "why" "$(message_of wrong-copy)" 'one of that name was loaded before'
LD_LIBRARY_PATH=$PWD/other audit ./host ./rpath.so
expect_rules "DT_RPATH before LD_LIBRARY_PATH" "" --ignore unused-search-path
LD_LIBRARY_PATH=$PWD/same audit ./host ./user.so
expect_rules "a copy of the same build" "" --ignore unused-search-path
ln -s "$PWD/own" link
LD_LIBRARY_PATH=$PWD/link audit ./host ./user.so
expect_rules "a link to the same file" "" --ignore unused-search-path
audit ./host ./user.so
expect_rules "its own copy" "" --ignore unused-search-path

# env-leak: the program's LD_LIBRARY_PATH reaches what it starts.
mkdir -p app/bin app/lib tool/bin tool/lib
so app/lib/libx.so.1 <<<'int x(void) { return 1; }'
so tool/lib/libx.so.1 <<<'int x(void) { return 2; }'
program tool/bin/tool tool/lib/libx.so.1 -Wl,--enable-new-dtags,-rpath,'$ORIGIN/../lib' \
	<<<'int x(void); int main(void) { return x() == 0; }'
program app/bin/app app/lib/libx.so.1 <<'C'
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
int x(void);
int main(int argc, char **argv)
{
	pid_t pid = fork();
	if (pid == 0) {
		if (argc > 2)
			unsetenv("LD_LIBRARY_PATH");
		execl(argv[1], argv[1], (char *)0);
		_exit(9);
	}
	waitpid(pid, 0, 0);
	return x() == 0;
}
C
LD_LIBRARY_PATH=$PWD/app/lib audit app/bin/app "$PWD/tool/bin/tool"
expect_rules "env-leak" "warning env-leak libx.so.1 tool
warning wrong-copy libx.so.1 tool" --ignore unused-search-path
expect_match "env-leak" "$(message_of env-leak)" 'tool got .*/app/lib/libx\.so\.1 by an LD_LIBRARY_PATH that it inherited from app'
LD_LIBRARY_PATH=$PWD/app/lib audit app/bin/app "$PWD/tool/bin/tool" clean
expect_rules "a clean environment" "" --ignore unused-search-path
# A wrapper that sets it for one program.
cat >app/wrapper <<SH
#!/bin/sh
LD_LIBRARY_PATH=$PWD/app/lib exec $PWD/app/bin/app /bin/true
SH
chmod +x app/wrapper
audit app/wrapper
expect_rules "a wrapper" "" --ignore unused-search-path

# search-waste and unused-search-path
mkdir -p many/{01..60} full
for i in {1..20}; do
	so full/libm$i.so <<<"int m$i;"
	echo "-lm$i"
done >needed
so wide.so -Wl,--no-as-needed -Lfull $(cat needed) \
	-Wl,-rpath,"$(printf '$ORIGIN/many/%02d:' {1..60})\$ORIGIN/full" <<<'int wide;'
audit ./host ./wide.so
expect_rules "search-waste" "warning search-waste wide.so" --rule search-waste
expect_match "search-waste" "$(message_of search-waste)" '^1,[2-9][0-9][0-9] paths were tried in vain for [0-9]+ names'
expect_eq "unused-search-path" "$(rules_of --rule unused-search-path | sort | uniq -c | sed 's/^ *//')" \
	"1 note unused-search-path wide.so"
expect_eq "each directory, but not the full one" "$(message_of unused-search-path | grep -c many)" 60
so narrow.so -Wl,--no-as-needed -Lfull $(head -3 needed) -Wl,-rpath,'$ORIGIN/many/01:$ORIGIN/full' <<<'int narrow;'
audit ./host ./narrow.so
expect_rules "few paths in vain" "note unused-search-path narrow.so" --ignore unused-dependency
# Used by another process of the run: not unused.
so many/01/libm1.so <<<"int m1;"
audit sh -c './host ./narrow.so; ./host ./wide.so' 2>err
expect_no_match "used elsewhere" "$(rules_of --rule unused-search-path; message_of unused-search-path)" 'many/01 '
expect_match "not used anywhere" "$(message_of unused-search-path)" 'many/02 '

# insecure-search-path: what others can put files into.
so rel.so -Wl,-rpath,'lib:/opt' <<<'int rel;'
so empty.so -Wl,-rpath,'/opt/plugaudit::' <<<'int empty;'
so open.so -Wl,-rpath,"$PWD/open:$PWD/open/missing" <<<'int open_;'
so fine.so -Wl,-rpath,'$ORIGIN/lib:/opt/nowhere/lib' <<<'int fine;'
mkdir open
chmod 777 open
audit ./host ./rel.so ./empty.so ./open.so ./fine.so
expect_rules "insecure-search-path" "warning insecure-search-path empty.so
warning insecure-search-path open.so
warning insecure-search-path rel.so" --rule insecure-search-path
for words in 'rel\.so has the entry "lib": it is relative' 'empty\.so has an empty entry' \
	'open\.so has the entry ".*/open": everybody may write to it' \
	'open\.so has the entry ".*/open/missing": it does not exist, and everybody may make it'; do
	expect_match "insecure-search-path" "$(message_of insecure-search-path)" "$words"
done
LD_LIBRARY_PATH=$PWD/lib: audit ./host
expect_rules "a colon at the end" "warning insecure-search-path" --rule insecure-search-path
LD_LIBRARY_PATH='' audit ./host
expect_rules "an empty LD_LIBRARY_PATH is none" ""
LD_LIBRARY_PATH=$PWD/lib audit ./host
expect_rules "an absolute directory" "" --rule insecure-search-path
