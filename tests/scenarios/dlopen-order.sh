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
  FROM       SYMBOL     VERSION  TO         KIND  SOURCE      COUNT
  plugin.so  both       -        right.so   plt   la_symbind      1
  plugin.so  in_deep    -        deep.so    plt   la_symbind      1
  plugin.so  in_far     -        far.so     plt   la_symbind      1
  plugin.so  in_host    -        host       plt   la_symbind      1
  plugin.so  in_left    -        left.so    plt   la_symbind      1
  plugin.so  in_near    -        near.so    plt   la_symbind      1
  plugin.so  in_plugin  -        plugin.so  plt   la_symbind      1
  plugin.so  in_right   -        right.so   plt   la_symbind      1
$ plugreport tree
  OBJECT                 OPENED  HOW IT CAME           PATH                             CALLED FROM
  host                  0.15 ms  the program           /opt/app/host
  |-left.so             0.22 ms  needed                /opt/app/left.so
  | `-deep.so           0.39 ms  needed                /opt/app/deep.so
  |-right.so            0.26 ms  needed                /opt/app/right.so
  |-libc.so.6           0.35 ms  needed                /lib/x86_64-linux-gnu/libc.so.6
  `-plugin.so           1.04 ms  dlopen                ./plugin.so                      main() at host.c:6 in host
    `-near.so           1.09 ms  needed                /opt/app/near.so
      `-far.so          1.13 ms  needed                /opt/app/far.so
  ld-linux-x86-64.so.2  0.17 ms  the dynamic linker    /lib64/ld-linux-x86-64.so.2
  linux-vdso.so.1       0.18 ms  mapped by the kernel  linux-vdso.so.1
Who brought whom is inferred from the order of events.
$ plugreport scopes plugin.so
  plugin.so: global, then plugin.so
    1  global: host, left.so, right.so, libc.so.6, deep.so, ld-linux-x86-64.so.2
    2  plugin.so: plugin.so, near.so, libc.so.6, far.so, ld-linux-x86-64.so.2
Scopes are inferred: rebuilt from the recorded loads, calls and closes.
END
