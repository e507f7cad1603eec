# The System V order of look-up (gABI, "Shared Object Dependencies"): the program, then what it needs in
# order, then what these need, and so on, breadth first.  What a dlopen brings comes behind all of these:
# the library itself, then what it needs, breadth first.
. "$TOP/tests/lib.sh"
. "$TOP/tests/gallery.sh"

rpath=(-L. -Wl,--no-as-needed,-rpath,"$PWD")
so deep.so <<<'int in_deep(void) { return 1; } int both(void) { return 1; }'
so left.so "${rpath[@]}" -l:deep.so <<<'int in_left(void) { return 2; }'
so right.so <<<'int in_right(void) { return 3; } int both(void) { return 3; } int in_left(void) { return 33; }'
so far.so <<<'int in_plugin(void) { return 5; } int in_far(void) { return 5; } int in_near(void) { return 5; }'
so near.so "${rpath[@]}" -l:far.so <<<'int in_near(void) { return 6; }'
so plugin.so "${rpath[@]}" -l:near.so -Wl,-z,lazy <<'END'
int both(void), in_deep(void), in_left(void), in_right(void), in_far(void), in_near(void), in_host(void);
int in_plugin(void) { return 7; }
int in_host(void) { return 7; }
int plugin(void) { return both() + in_deep() + in_left() + in_right() + in_far() + in_near() + in_plugin() + in_host(); }
END
program host -rdynamic "${rpath[@]}" -l:left.so -l:right.so <<'END'
#include <dlfcn.h>
#include <stdio.h>
int in_host(void) { return 0; }
int main(void)
{
	void *plugin = dlopen("./plugin.so", RTLD_LAZY);
	printf("%d\n", ((int (*)(void))dlsym(plugin, "plugin"))());
	return 0;
}
END
judge ./host
transcript <<'END'
$ cat program.out
27
$ plugreport bindings --from plugin.so --kind plt | sort
  FROM  SYMBOL  VERSION  TO  KIND  SOURCE  COUNT
  plugin.so  both  -  right.so  plt  la_symbind  1
  plugin.so  in_deep  -  deep.so  plt  la_symbind  1
  plugin.so  in_far  -  far.so  plt  la_symbind  1
  plugin.so  in_host  -  host  plt  la_symbind  1
  plugin.so  in_left  -  left.so  plt  la_symbind  1
  plugin.so  in_near  -  near.so  plt  la_symbind  1
  plugin.so  in_plugin  -  plugin.so  plt  la_symbind  1
  plugin.so  in_right  -  right.so  plt  la_symbind  1
$ plugreport tree
  OBJECT  OPENED  HOW IT CAME  PATH  CALLED FROM
  host  TIME  the program  DIR/host
  |-left.so  TIME  needed  DIR/left.so
  | `-deep.so  TIME  needed  DIR/deep.so
  |-right.so  TIME  needed  DIR/right.so
  |-libc.so.6  TIME  needed  /lib/x86_64-linux-gnu/libc.so.6
  `-plugin.so  TIME  dlopen  ./plugin.so  main() at host.c:6 in host
  `-near.so  TIME  needed  DIR/near.so
  `-far.so  TIME  needed  DIR/far.so
Who brought whom is inferred from the order of events.
END
