# Constructors run before dlopen returns (dlopen(3)), those of what the library needs before its own;
# destructors when it is unloaded, in the opposite order, or when the process ends.  A constructor may
# open libraries itself: that call is part of the one that loads.
. "$TOP/tests/lib.sh"
. "$TOP/tests/gallery.sh"
need_taps_at_load

library() { # NAME [flags]: says when it comes and goes
	so "$@" <<END
#include <dlfcn.h>
#include <stdio.h>
__attribute__((constructor)) static void up(void) { puts("up $1"); ${MORE:-} fflush(stdout); }
__attribute__((destructor)) static void down(void) { puts("down $1"); fflush(stdout); }
END
}
library base.so
library inner.so
MORE='dlopen("./inner.so", RTLD_NOW);' library plugin.so -L. -Wl,--no-as-needed -l:base.so -Wl,-rpath,'$ORIGIN'
program host <<'END'
#include <dlfcn.h>
#include <stdio.h>
int main(void)
{
	void *plugin = dlopen("./plugin.so", RTLD_NOW);
	puts("opened");
	fflush(stdout);
	dlclose(plugin);
	puts("closed");
	return 0;
}
END
judge ./host
transcript <<'END'
$ cat program.out
up base.so
up plugin.so
up inner.so
opened
down plugin.so
down base.so
closed
down inner.so
$ plugreport calls
       AT    TID  CALL                              RESULT            KNOWN BY  CALLED FROM
  0.71 ms  12451  dlopen("./plugin.so", RTLD_NOW)   loaded plugin.so  opening   main() at host.c:5 in host
  0.97 ms  12451    dlopen("./inner.so", RTLD_NOW)  loaded inner.so   opening   up() at plugin.c:3 in plugin.so
  1.04 ms  12451  dlclose(plugin.so)                plugin.so         handle    main() at host.c:8 in host
Results known by opening, search or name are inferred from what came next.
$ plugreport object plugin.so | sed -n '/^Constructors/,/^Slots/p' | grep -vE '_init|_fini|frame_dummy|__do_global|Slots|DT_INIT |DT_FINI '
Constructors and destructors  [from the file]
  WHEN  ENTRY          FUNCTION                   AT  SOURCE
  init  DT_INIT_ARRAY  up                     0x1129  plugin.c:3
  fini  DT_FINI_ARRAY  down                   0x1165  plugin.c:4

Order of constructors  [inferred from the needed lists]
  its turn   number 2 of 2 that came with plugin.so
  before it  base.so

$ plugreport tree
  OBJECT                 OPENED  HOW IT CAME               PATH                             CALLED FROM
  host                  0.12 ms  the program               /opt/app/host
  |-libc.so.6           0.22 ms  needed                    /lib/x86_64-linux-gnu/libc.so.6
  `-plugin.so           0.82 ms  dlopen, unloaded 1.05 ms  ./plugin.so                      main() at host.c:5 in host
    |-base.so           0.90 ms  needed, unloaded 1.05 ms  /opt/app/./base.so
    `-inner.so          1.03 ms  dlopen                    ./inner.so                       up() at plugin.c:3 in plugin.so
  ld-linux-x86-64.so.2  0.14 ms  the dynamic linker    /lib64/ld-linux-x86-64.so.2
  linux-vdso.so.1       0.14 ms  mapped by the kernel  linux-vdso.so.1
Who brought whom is inferred from the order of events.
$ plugreport timeline
thread 12451, the first
       AT                TOOK  WHAT                              CALLED FROM
  0.00 ms             0.35 ms  start of the program
  0.12 ms                      |-host loaded
  0.14 ms                      |-ld-linux-x86-64.so.2 loaded
  0.14 ms                      |-linux-vdso.so.1 loaded
  0.15 ms             0.07 ms  `-libc.so.6 loaded
  0.71 ms  0.32 ms to 0.33 ms  dlopen("./plugin.so", RTLD_NOW)   main() at host.c:5 in host
  0.75 ms             0.07 ms  |-plugin.so loaded
  0.83 ms             0.07 ms  |-base.so loaded
  0.97 ms  0.06 ms to 0.08 ms  `-dlopen("./inner.so", RTLD_NOW)  up() at plugin.c:3 in plugin.so
  0.99 ms             0.04 ms    `-inner.so loaded
  1.04 ms             0.03 ms  dlclose(plugin.so)                main() at host.c:8 in host
  1.05 ms                      |-plugin.so unloaded
  1.05 ms                      `-base.so unloaded
  1.07 ms    at least 0.00 ms  exit: 4 objects closed
When calls returned, and what happened inside them, is inferred from the order of events.
END
