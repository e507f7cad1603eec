# A call is recorded however the caller got at the function: through a lazily bound PLT slot, one
# bound at load (-z now), or through a pointer that dlsym returned; and whoever the caller is: the
# program, a library, a library in another namespace, a constructor.
. "$TOP/tests/lib.sh"
need_dlmopen

so libtarget.so <<'END'
int target(void) { return 1; }
END
cat >caller.inc <<'END'
#include <dlfcn.h>
#include <stddef.h>
#define PASTE_(a, b) a##b
#define PASTE(a, b) PASTE_(a, b)
void PASTE(call_from_, NAME)(void);
void PASTE(call_from_, NAME)(void)
{
	void *handle = dlopen("./libtarget.so", RTLD_LAZY);
	dlsym(handle, "target");
	dlvsym(RTLD_DEFAULT, "puts", BASE_VERSION);
	dlclose(handle);
	handle = dlmopen(LM_ID_BASE, "./libtarget.so", RTLD_LAZY);
	dlclose(handle);
}
END
so liblazy.so -DNAME=lazy -Wl,-z,lazy -I. <<<'#include "caller.inc"'
so libnow.so -DNAME=now -Wl,-z,now -I. <<<'#include "caller.inc"'
so libpointer.so <<'END'
#include <dlfcn.h>
#include <stddef.h>
void call_from_pointer(void)
{
	void *(*open)(const char *, int) = dlsym(RTLD_DEFAULT, "dlopen");
	void *(*mopen)(Lmid_t, const char *, int) = dlsym(RTLD_DEFAULT, "dlmopen");
	int (*close)(void *) = dlsym(RTLD_DEFAULT, "dlclose");
	void *(*symbol)(void *, const char *) = dlsym(RTLD_DEFAULT, "dlsym");
	void *(*versioned)(void *, const char *, const char *) = dlsym(RTLD_DEFAULT, "dlvsym");
	void *handle = open("./libtarget.so", RTLD_LAZY);

	symbol(handle, "target");
	versioned(RTLD_DEFAULT, "puts", BASE_VERSION);
	close(handle);
	handle = mopen(LM_ID_BASE, "./libtarget.so", RTLD_LAZY);
	close(handle);
}
END
so libisolated.so -Wl,-z,lazy <<'END'
#include <dlfcn.h>
#include <stddef.h>
void call_from_isolated(void)
{
	void *handle = dlopen("./libtarget.so", RTLD_LAZY);
	dlsym(handle, "target");
	dlvsym(RTLD_DEFAULT, "puts", BASE_VERSION);
	dlclose(handle);
	handle = dlmopen(LM_ID_BASE, "./libtarget.so", RTLD_LAZY);
	dlclose(handle);
}
END
so libconstructor.so <<'END'
#include <dlfcn.h>
__attribute__((constructor)) static void at_start(void)
{
	void *handle = dlopen("./libtarget.so", RTLD_LAZY);
	dlsym(handle, "target");
	dlclose(handle);
}
END
program prog <<'END'
#include <dlfcn.h>
#include <stdio.h>
static void run(void *handle, const char *function)
{
	void (*f)(void);
	if (!handle)
		return (void)puts(dlerror());
	f = (void (*)(void))dlsym(handle, function);
	f();
	printf("%s\n", function);
}
int main(void)
{
	run(dlopen("./liblazy.so", RTLD_LAZY), "call_from_lazy");
	run(dlopen("./libnow.so", RTLD_LAZY), "call_from_now");
	run(dlopen("./libpointer.so", RTLD_LAZY), "call_from_pointer");
	run(dlmopen(LM_ID_NEWLM, "./libisolated.so", RTLD_LAZY), "call_from_isolated");
	printf("%d\n", dlopen("./libconstructor.so", RTLD_LAZY) != NULL);
	return 0;
}
END
same_run ./prog
expect_sound

calls_of() { # LIBRARY: kinds in order
	db "SELECT c.kind, c.name FROM call c JOIN object o ON o.id = c.caller_object
		WHERE o.path = './$1' AND coalesce(c.name, '') NOT LIKE 'dl%' ORDER BY c.seq"
}
all="dlopen|./libtarget.so
dlsym|target
dlvsym|puts
dlclose|
dlmopen|./libtarget.so
dlclose|"
expect_eq "lazily bound" "$(calls_of liblazy.so)" "$all"
expect_eq "bound at load" "$(calls_of libnow.so)" "$all"
expect_eq "through pointers" "$(calls_of libpointer.so)" "$all"
expect_eq "in another namespace" "$(calls_of libisolated.so)" "$all"
expect_eq "in a constructor" "$(calls_of libconstructor.so)" "dlopen|./libtarget.so
dlsym|target
dlclose|"
expect_db "an isolated caller opens in its own namespace, unless dlmopen says where" \
	"SELECT c.kind, r.namespace = o.namespace, r.namespace = 0 FROM call c
	JOIN object o ON o.id = c.caller_object LEFT JOIN object r ON r.id = c.result
	WHERE o.path = './libisolated.so' AND c.kind IN ('dlopen', 'dlmopen') ORDER BY c.seq" \
	"dlopen|1|0
dlmopen|0|1"
expect_db "the constructor's call is made during the program's dlopen" "SELECT q.name FROM call c
	JOIN object o ON o.id = c.caller_object JOIN call q ON q.id = c.parent_call
	WHERE o.path = './libconstructor.so' AND c.kind = 'dlopen'" ./libconstructor.so
