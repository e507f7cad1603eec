# What keeps an object mapped after dlclose (elf/dl-close.c, _dl_close_worker; elf/dl-lookup.c,
# add_dependency and do_lookup_unique; stdlib/cxa_thread_atexit_impl.c), and who unloads it.  The
# judges are /proc/self/maps and what ld.so prints with LD_DEBUG=files.
. "$TOP/tests/lib.sh"

need "$CXX"
rpath=(-L. -Wl,-rpath,"$PWD" -Wl,--no-as-needed)
so libdep.so <<<'int dep(void) { return 1; }'
so libplug.so "${rpath[@]}" -ldep <<<'int plug(void) { return 1; }'
so libother.so "${rpath[@]}" -ldep <<<'int other(void) { return 1; }'
so libsticky.so -Wl,-z,nodelete <<<'int sticky(void) { return 1; }'
so libprovider.so <<<'int provided(void) { return 1; } int provided2(void) { return 2; }'
so libuser.so -Wl,-z,now <<<'int provided(void); int user(void) { return provided(); }'
so liblazy.so -Wl,-z,lazy <<<'int provided2(void); int run(void) { return provided2(); }'
so libbroken.so "${rpath[@]}" -ldep -Wl,-z,now <<<'int nowhere(void); int broken(void) { return nowhere(); }'
for n in 1 2; do
	$CXX -x c++ -fPIC -shared -o libunique$n.so - <<<"
template <class T> struct Unique { static T value; };
template <class T> T Unique<T>::value = 1;
extern \"C\" int run() { return ++Unique<int>::value; }"
done
so libtls.so <<'END2'
extern void *__dso_handle __attribute__((visibility("hidden")));
int __cxa_thread_atexit_impl(void (*)(void *), void *, void *);
static void nothing(void *unused) { (void)unused; }
int run(void) { return __cxa_thread_atexit_impl(nothing, &nothing, &__dso_handle); }
END2

program prog "${rpath[@]}" <<'END2'
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
static void *handles[100];
static char *names[100];
static int count;
static pthread_barrier_t barrier;

static void *handle_of(const char *name, int forget)
{
	for (int i = count; i-- > 0;)
		if (handles[i] && strcmp(names[i], name) == 0) {
			void *handle = handles[i];
			if (forget)
				handles[i] = NULL;
			return handle;
		}
	return NULL;
}

static void run(const char *name)
{
	void *handle = handle_of(name, 0);
	int (*f)(void) = handle ? (int (*)(void))dlsym(handle, "run") : NULL;
	if (f)
		f();
}

static void *run_and_wait(void *name)
{
	run(name);
	pthread_barrier_wait(&barrier);
	pause();
	return NULL;
}

static void *run_and_end(void *name)
{
	run(name);
	return NULL;
}

/* lLIB nLIB opens, gLIB with RTLD_GLOBAL, kLIB with RTLD_NODELETE, -LIB closes, rLIB calls run() in it,
 * tLIB does so in a thread that goes on, eLIB in one that ends, dSYMBOL looks up by RTLD_DEFAULT */
int main(int argc, char **argv)
{
	char line[4096];
	FILE *maps;

	for (int i = 1; i < argc; i++) {
		char *name = argv[i] + 1;
		pthread_t thread;
		void *handle;

		switch (argv[i][0]) {
		case '-':
			handle = handle_of(name, 1);
			if (!handle || dlclose(handle))
				printf("cannot close %s\n", name);
			continue;
		case 'r':
			run(name);
			continue;
		case 't':
			pthread_barrier_init(&barrier, NULL, 2);
			pthread_create(&thread, NULL, run_and_wait, name);
			pthread_barrier_wait(&barrier);
			continue;
		case 'e':
			pthread_create(&thread, NULL, run_and_end, name);
			pthread_join(thread, NULL);
			continue;
		case 'd':
			if (!dlsym(RTLD_DEFAULT, name))
				printf("cannot find %s\n", name);
			continue;
		}
		handle = dlopen(name, (argv[i][0] == 'n' ? RTLD_NOW : RTLD_LAZY) |
					      (argv[i][0] == 'g' ? RTLD_GLOBAL : 0) |
					      (argv[i][0] == 'k' ? RTLD_NODELETE : 0));
		if (!handle)
			printf("cannot open %s\n", name);
		names[count] = name;
		handles[count++] = handle;
	}
	maps = fopen("/proc/self/maps", "r");
	while (fgets(line, sizeof(line), maps)) {
		char *file = strrchr(line, '/');
		if (file && strstr(line, getenv("HERE")) && strstr(line, " r-xp ") && strstr(line, ".so"))
			printf("mapped %s", file + 1);
	}
	fflush(stdout);
	_exit(argc > 1 && strcmp(argv[argc - 1], "x") == 0 ? (exit(0), 0) : 0);
}
END2
export HERE=$PWD

# resident LIB: its states, in the order of its loads, each with what keeps it: "kept: KIND BY; ..."
resident() {
	"$REPORT" why-resident --json "$1" >answer.json || fail "why-resident $1: $(cat answer.json)"
	perl -MJSON::PP -0777 -ne 'for my $e (@{decode_json($_)->{explanations}}) {
		my $name = sub { my ($o) = @_; return "" unless $o; my ($f) = $o->{path} =~ m{([^/]*)$}; " $f" };
		my @pins = map { $_->{kind} . $name->($_->{by})
			. ($_->{symbol} && $_->{symbol} !~ /^_Z/ ? " $_->{symbol}" : "")
			. ($_->{depth} ? " for" . $name->($_->{kept}) : "")
			. ($_->{sure} == 1 ? "" : "?") } @{$e->{kept_by}};
		my $by = $e->{closed_by};
		print $e->{state}, $by ? " by $by->{kind}" . $name->($by->{result}) : "",
			$e->{closed_at_exit} == 1 ? " (exit)" : "", @pins ? ": " . join("; ", @pins) : "",
			$e->{sure} == 1 ? "" : " unsure", "\n" }' answer.json
}

# The files that stay, by the program itself; those that go, by ld.so's word.
judge() {
	local lib state wanted
	for lib in lib*.so; do
		[ -n "$(db "SELECT 1 FROM object WHERE path LIKE '%/$lib' AND kind = 'library'")" ] || continue
		state=$(resident "$lib")
		grep -q "^mapped $lib$" ld-debug.out && wanted=1 || wanted=0
		expect_eq "$lib is mapped at the end ($state)" "$(grep -c -E '^(kept|unknown)' <<<"$state")" $wanted
		expect_eq "$lib: times unloaded ($state)" \
			"$(db "SELECT count(*) FROM object WHERE path LIKE '%/$lib' AND closed_seq IS NOT NULL" |
				awk -v at_exit="$(grep -c '(exit)' <<<"$state" || true)" '{ print $1 - at_exit }')" \
			"$(grep -h -c "file=.*/$lib \[0\];  destroying link map" ld-debug/log.* || true)"
	done
}

case_() { # ARGUMENT...
	echo "-- $*"
	mkdir -p ld-debug
	rm -f ld-debug/* "$PLUGAUDIT_DB"*
	env LD_AUDIT="$MODULE" LD_DEBUG=files LD_DEBUG_OUTPUT="$PWD/ld-debug/log" PLUGAUDIT_FLUSH=off \
		./prog "$@" >ld-debug.out 2>ld-debug.err </dev/null || fail "prog $*: $?"
	ingest >/dev/null
	judge
}

case_ llibplug.so llibplug.so -libplug.so
expect_eq "references" "$(resident libplug.so)" "kept: open"
expect_eq "its dependency" "$(resident libdep.so)" "kept: needed-by libplug.so; open for libplug.so"
text=$(plugreport why-resident libplug.so)
expect_match "text of references" "$text" '2 dlopens, 1 dlclose:$'
expect_match "text of what is open" "$text" '^  opened and not closed: dlopen\("libplug.so", RTLD_LAZY\) called from main\(\) at prog.c:[0-9]+ in prog$'
case_ llibplug.so -libplug.so
expect_eq "unloaded" "$(resident libplug.so)" "unloaded by dlclose libplug.so"
expect_eq "unloaded with it" "$(resident libdep.so)" "unloaded by dlclose libplug.so"
expect_match "text of an unloading" "$(plugreport why-resident libdep.so)" 'libdep.so was unloaded [0-9.]+ ms after the start\.'
case_ llibplug.so -libplug.so llibplug.so x
expect_eq "unloaded, and loaded again" "$(resident libplug.so)" "unloaded by dlclose libplug.so
kept (exit): open"
case_ llibplug.so nlibother.so -libplug.so
expect_eq "needed by another" "$(resident libdep.so)" "kept: needed-by libother.so; open for libother.so"
case_ llibdep.so llibplug.so -libplug.so
expect_eq "opened by itself" "$(resident libdep.so)" "kept: open"
case_ klibplug.so -libplug.so
expect_eq "RTLD_NODELETE" "$(resident libplug.so)" "kept: nodelete-open-flag"
expect_match "RTLD_NODELETE in text" "$(plugreport why-resident libplug.so)" \
	'^  opened with RTLD_NODELETE: dlopen\("libplug.so", RTLD_LAZY\|RTLD_NODELETE\) called from main\(\)'
expect_match "dlclose without effect" "$(plugreport why-resident libplug.so)" '1 dlopen, 1 dlclose \(1 without effect\):'
case_ llibplug.so klibplug.so -libplug.so -libplug.so
expect_eq "RTLD_NODELETE later" "$(resident libplug.so)" "kept: nodelete-open-flag"
case_ llibsticky.so -libsticky.so x
expect_eq "DF_1_NODELETE" "$(resident libsticky.so)" "kept (exit): df-1-nodelete"
case_ nlibunique1.so nlibunique2.so rlibunique2.so -libunique1.so -libunique2.so
expect_match "STB_GNU_UNIQUE" "$(resident libunique1.so)" '^kept: gnu-unique libunique[12].so$'
expect_eq "who only uses it" "$(resident libunique2.so)" "unloaded by dlclose libunique2.so"
case_ glibprovider.so nlibuser.so -libprovider.so
expect_eq "relocation dependency" "$(resident libprovider.so)" \
	"kept: relocation libuser.so provided; open for libuser.so"
expect_match "ld.so saw it" "$(cat ld-debug/log.*)" 'libprovider.so \[0\];  needed by .*libuser.so \[0\] \(relocation dependency\)'
case_ glibprovider.so nlibuser.so -libprovider.so -libuser.so
expect_eq "its end" "$(resident libprovider.so)" "unloaded by dlclose libuser.so"
case_ glibprovider.so llibuser.so llibplug.so -libuser.so -libprovider.so
expect_eq "nothing is left" "$(resident libprovider.so)" "unloaded by dlclose libprovider.so"
case_ glibprovider.so nlibuser.so dprovided -libprovider.so
expect_eq "the program is bound to it" "$(resident libprovider.so)" "kept: relocation prog provided; relocation libuser.so provided; open for libuser.so"
case_ glibprovider.so llibdep.so -libdep.so dprovided2 -libprovider.so
expect_eq "the program alone" "$(resident libprovider.so)" "kept: relocation prog provided2"
# A lazy reference binds when it is called.
case_ glibprovider.so llibplug.so llibdep.so -libprovider.so
expect_eq "nobody called" "$(resident libprovider.so)" "unloaded by dlclose libprovider.so"
case_ glibprovider.so lliblazy.so -libprovider.so
expect_eq "not called yet" "$(resident libprovider.so)" "unloaded by dlclose libprovider.so"
case_ glibprovider.so lliblazy.so rliblazy.so -libprovider.so
expect_eq "called" "$(resident libprovider.so)" "kept: relocation liblazy.so provided2; open for liblazy.so"
case_ llibtls.so rlibtls.so -libtls.so
expect_eq "a destructor of the first thread" "$(resident libtls.so)" "kept: tls-destructor"
case_ llibtls.so tlibtls.so -libtls.so
expect_eq "a destructor of another thread" "$(resident libtls.so)" "kept: tls-destructor"
case_ llibtls.so elibtls.so -libtls.so
expect_eq "a destructor that has run" "$(resident libtls.so)" "unloaded by dlclose libtls.so"
case_ llibtls.so tlibtls.so
expect_eq "may have run, and is open" "$(resident libtls.so)" "kept: tls-destructor?; open"
case_ nlibbroken.so
expect_eq "a load that failed" "$(resident libbroken.so)" "load-failed by dlopen"
expect_eq "what came with it" "$(resident libdep.so)" "load-failed by dlopen"
case_ llibplug.so
expect_eq "libc" "$(resident libc.so.6)" "startup: startup"
expect_eq "the program" "$(resident prog)" "startup: startup"
status=0
plugreport why-resident libnothing.so >answer 2>&1 || status=$?
expect_eq "nothing of that name" "$status: $(cat answer)" "1: plugreport: nothing called 'libnothing.so' was loaded"
