# Each object's scopes, and the global one, are those that ld.so makes (elf/dl-object.c, dl-open.c,
# dl-deps.c, dl-close.c): dlopen with all its flags, promotions, constructors that call dlopen,
# DT_SYMBOLIC, filters, namespaces, what stays after dlclose.
. "$TOP/tests/lib.sh"
. "$TOP/tests/oracle/scopes.sh"


rpath=(-L. -Wl,-rpath,"$PWD" -Wl,--no-as-needed)
# A diamond: top needs left and right, both need bottom.
so libbottom.so <<<'int bottom(void) { return 1; }'
so libleft.so "${rpath[@]}" -lbottom <<<'int left(void) { return 1; }'
so libright.so "${rpath[@]}" -lbottom <<<'int right(void) { return 1; }'
so libtop.so "${rpath[@]}" -lleft -lright <<<'int top(void) { return 1; }'
# Two that need each other.
so libring2.so <<<'int ring2(void) { return 1; }'
so libring1.so "${rpath[@]}" -lring2 <<<'int ring1(void) { return 1; }'
so libring2.so "${rpath[@]}" -lring1 <<<'int ring2(void) { return 1; }'
so libsymbolic.so "${rpath[@]}" -lbottom -Wl,-Bsymbolic <<<'int symbolic(void) { return 1; }'
so libunbound.so "${rpath[@]}" -lright -Wl,-z,now <<<'int nowhere(void); int unbound(void) { return nowhere(); }'
so libneedsgone.so <<<'int gone(void) { return 1; }'
so libmissing.so "${rpath[@]}" -lneedsgone -lleft <<<'int missing(void) { return 1; }'
rm libneedsgone.so
so libpre.so "${rpath[@]}" -lright <<<'int pre(void) { return 1; }'
# A filter and an auxiliary filter: their filtees come before them in the list.
so libfiltee.so <<<'int filtered(void) { return 1; }'
so libaux.so "${rpath[@]}" -lbottom <<<'int helped(void) { return 1; }'
so libfilter.so "${rpath[@]}" -lleft -Wl,-F,libfiltee.so <<<'int filtered(void) { return 2; }'
so libauxfilter.so "${rpath[@]}" -Wl,-f,libaux.so -Wl,-f,libnotthere.so <<<'int helped(void) { return 2; }'
so libusesfilter.so "${rpath[@]}" -lfilter -lauxfilter <<<'int uses(void) { return 1; }'
# Constructors that open what their own library needs, or is needed by.
so libopenleaf.so <<<'int leaf(void) { return 1; }'
for who in "LEFT libleft.so RTLD_LAZY" "GLOBAL libright.so RTLD_LAZY|RTLD_GLOBAL" \
	"LEAF libopenleaf.so RTLD_NOW" "OWN libopenTOP.so RTLD_LAZY"; do
	read -r name file flags <<<"$who"
	so "libopen$name.so" "${rpath[@]}" -lopenleaf <<<"
#include <dlfcn.h>
__attribute__((constructor)) static void begin(void) { dlopen(\"$file\", $flags); }"
done
so libopenTOP.so "${rpath[@]}" -lopenLEFT -lopenGLOBAL -lopenLEAF -lopenOWN <<<'
#include <dlfcn.h>
__attribute__((constructor)) static void begin(void) { dlopen("libopenLEFT.so", RTLD_LAZY); }'
so libinside.so "${rpath[@]}" -lleft <<<'
#include <dlfcn.h>
void *inside(const char *name, int flags) { return dlopen(name, flags); }'

program prog "${rpath[@]}" -lsymbolic <<'END2'
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
static void *handles[100];
static const char *names[100];
static int count;
static Lmid_t space = LM_ID_NEWLM;

static int flags_of(const char *s)
{
	int flags = 0;
	for (; *s && *s != ':'; s++)
		flags |= *s == 'l'   ? RTLD_LAZY
			 : *s == 'n' ? RTLD_NOW
			 : *s == 'g' ? RTLD_GLOBAL
			 : *s == 'd' ? RTLD_DEEPBIND
			 : *s == 'k' ? RTLD_NODELETE
			 : *s == 'q' ? RTLD_NOLOAD
				     : 0;
	return flags;
}

static void *last(const char *name)
{
	for (int i = count; i-- > 0;)
		if (handles[i] && strcmp(names[i], name) == 0) {
			void *handle = handles[i];
			handles[i] = NULL;
			return handle;
		}
	return NULL;
}

/* FLAGS:NAME opens, m... in a new namespace, M... in that one, i... from within it, -NAME closes */
int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		const char *s = argv[i], *name = strchr(s, ':') ? strchr(s, ':') + 1 : s + 1;
		void *handle = NULL;

		if (*s == '-') {
			handle = last(name);
			if (!handle || dlclose(handle) != 0)
				printf("cannot close %s\n", name);
			continue;
		}
		if (*s == 'F') {
			pid_t pid = fork();
			if (pid) {
				waitpid(pid, NULL, 0);
				return 0;
			}
			continue;
		}
		if (*s == 'm' || *s == 'M') {
			handle = dlmopen(*s == 'm' ? LM_ID_NEWLM : space, name, flags_of(s + 1));
			if (*s == 'm' && handle)
				dlinfo(handle, RTLD_DI_LMID, &space);
		} else if (*s == 'i') {
			for (int j = 0; j < count && !handle; j++) {
				Lmid_t id = 0;
				void *(*inside)(const char *, int);
				if (!handles[j] || dlinfo(handles[j], RTLD_DI_LMID, &id) || id == 0)
					continue;
				inside = (void *(*)(const char *, int))dlsym(handles[j], "inside");
				handle = inside ? inside(name, flags_of(s + 1)) : NULL;
			}
		} else {
			handle = dlopen(strcmp(name, "NULL") ? name : NULL, flags_of(s));
		}
		if (!handle)
			printf("cannot open %s\n", name);
		names[count] = name;
		handles[count++] = handle;
	}
	return 0;
}
END2

scopes() { # OUTPUT ARGUMENT...
	local wanted=$1
	shift
	# What an auditor breaks before 2.35: dlmopen, auxiliary libraries; and -z now is ignored.
	if ! glibc_at_least 2.35 && grep -qE ' mn:|libaux| lg:libunbound' <<<" $*"; then return; fi
	echo "-- $*"
	scopes_equal ${before:-} ./prog "$@"
	expect_eq "output of $*" "$(cat ld-debug.out)" "$wanted"
	expect_eq "status of $*" "$scopes_status" 0
}

scopes ""
scopes "" l:libtop.so
scopes "" lg:libtop.so n:libright.so lg:libleft.so
scopes "" l:libtop.so lg:libtop.so
scopes "" l:libtop.so lqg:libtop.so lqg:libtop.so
scopes "" l:libleft.so lg:libtop.so
scopes "" l:libtop.so lg:libbottom.so lg:libright.so lg:libtop.so
scopes "cannot open libtop.so" lq:libtop.so l:libleft.so
scopes "" nd:libtop.so n:libtop.so nd:libbottom.so nd:libsymbolic.so
scopes "" n:libbottom.so ngd:libtop.so
scopes "" l:libring1.so l:libring2.so -libring1.so
scopes "" l:libring2.so lg:libring1.so -libring2.so -libring1.so
scopes "" lg:NULL l:libc.so.6 lg:libsymbolic.so lg:libbottom.so
scopes "" nk:libtop.so -libtop.so lg:libright.so
scopes "cannot close libtop.so" l:libtop.so -libtop.so -libtop.so lg:libtop.so
scopes "" l:libtop.so -libtop.so l:libright.so lg:libtop.so -libtop.so
# What another list keeps stays without the scope that it came with.
scopes "" l:libtop.so l:libright.so -libtop.so
scopes "" l:libtop.so lg:libright.so -libtop.so l:libtop.so
scopes "" lg:libtop.so l:libright.so -libtop.so l:libleft.so
scopes "cannot open libunbound.so" l:libright.so lg:libunbound.so
scopes "cannot open libunbound.so
cannot open libmissing.so" l:libtop.so ng:libunbound.so lg:libmissing.so lg:libtop.so
scopes "cannot open libunbound.so" n:libunbound.so lg:libright.so
scopes "" l:libusesfilter.so
scopes "" lg:libusesfilter.so l:libfilter.so l:libaux.so
scopes "" l:libaux.so l:libleft.so l:libauxfilter.so lg:libfilter.so -libauxfilter.so
scopes "" l:libopenTOP.so
scopes "" lg:libopenTOP.so lg:libleft.so
scopes "" l:libopenGLOBAL.so l:libtop.so
scopes "" nd:libopenOWN.so
scopes "" mn:libtop.so Mn:libright.so mn:libinside.so Mn:libtop.so in:libring1.so in:libleft.so
# (A namespace is gone with the last of its objects.)
scopes "cannot open libunbound.so
cannot open libmissing.so
cannot open libright.so" mn:libunbound.so mn:libmissing.so mn:libtop.so -libtop.so Mn:libright.so mn:libleft.so
scopes "" mn:libusesfilter.so Mn:libsymbolic.so
scopes "" l:libtop.so lg:libleft.so F lg:libtop.so n:libring1.so -libtop.so
scopes "" F lg:libtop.so F -libtop.so lg:libright.so
before="env LD_PRELOAD=$PWD/libpre.so:$PWD/libring1.so"
scopes "" l:libtop.so lg:libring2.so nd:libbottom.so
before="env LD_BIND_NOW=1"
scopes "" l:libtop.so lg:libright.so
before="env LD_DYNAMIC_WEAK=1 LD_PRELOAD=libpre.so LD_LIBRARY_PATH=$PWD"
scopes "" mn:libtop.so lg:libright.so

# Programs that nobody wrote for this.
before=
for command in "/usr/bin/python3 -c 'import ssl, sqlite3, ctypes, json'" "perl -MPOSIX -MSocket -MEncode -e 1" \
	"git --version" "gdb -batch -ex 'print 1'" "iconv -f UTF-16 -t LATIN1 /dev/null" "getent passwd root"; do
	command -v "${command%% *}" >/dev/null || continue
	echo "-- $command"
	eval "scopes_equal $command"
done
