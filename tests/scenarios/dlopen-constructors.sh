# Constructors run before dlopen returns (dlopen(3)), those of what the library needs before its own;
# destructors when it is unloaded, in the opposite order, or when the process ends.  A constructor may
# open libraries itself: that call is part of the one that loads.
. "$TOP/tests/lib.sh"
. "$TOP/tests/gallery.sh"

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
  AT  TID  CALL  RESULT  KNOWN BY  CALLED FROM
  TIME  TID  dlopen("./plugin.so", RTLD_NOW)  loaded plugin.so  opening  main() at host.c:5 in host
  TIME  TID  dlopen("./inner.so", RTLD_NOW)  loaded inner.so  opening  up() at plugin.c:3 in plugin.so
  TIME  TID  dlclose(plugin.so)  plugin.so  handle  main() at host.c:8 in host
Results known by opening, search or name are inferred from what came next.
$ plugreport object plugin.so | sed -n '/^Constructors/,/^Slots/p' | grep -vE '_init|_fini|frame_dummy|__do_global|Slots|DT_INIT |DT_FINI '
Constructors and destructors  [from the file]
  WHEN  ENTRY  FUNCTION  AT  SOURCE
  init  DT_INIT_ARRAY  up  ADDRESS  plugin.c:3
  fini  DT_FINI_ARRAY  down  ADDRESS  plugin.c:4
Order of constructors  [inferred from the needed lists]
  its turn  number 2 of 2 that came with plugin.so
  before it  base.so
$ plugreport tree
  OBJECT  OPENED  HOW IT CAME  PATH  CALLED FROM
  host  TIME  the program  DIR/host
  |-libc.so.6  TIME  needed  /lib/x86_64-linux-gnu/libc.so.6
  `-plugin.so  TIME  dlopen  ./plugin.so  main() at host.c:5 in host
  |-base.so  TIME  needed  DIR/./base.so
  `-inner.so  TIME  dlopen  ./inner.so  up() at plugin.c:3 in plugin.so
Who brought whom is inferred from the order of events.
END
