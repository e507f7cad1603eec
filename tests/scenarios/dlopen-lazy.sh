# RTLD_LAZY (dlopen(3)): a call is bound when it is made for the first time.  A library may call a
# function that nobody has: it loads all the same, and works as long as that call is not made.  Only
# functions are bound so; a variable is always bound at load.
. "$TOP/tests/lib.sh"
. "$TOP/tests/gallery.sh"

so libhelper.so <<<'int helper(void) { return 1; } int later(void) { return 2; } int variable = 3;'
so plugin.so -L. -l:libhelper.so -Wl,-z,lazy,-rpath,'$ORIGIN' <<'END'
int helper(void), later(void), nobody_has_this(void);
extern int variable;
int plugin(int how) { return helper() + variable + (how == 1 ? later() : how == 2 ? nobody_has_this() : 0); }
END
program host <<'END'
#include <dlfcn.h>
#include <stdio.h>
int main(void)
{
	void *plugin = dlopen("./plugin.so", RTLD_LAZY);
	int (*run)(int) = (int (*)(int))dlsym(plugin, "plugin");
	printf("plugin: %d\n", run(0));
	return 0;
}
END
judge ./host
transcript <<'END'
$ cat program.out
plugin: 4
$ plugreport bindings --from plugin.so --kind plt
  FROM       SYMBOL  VERSION  TO            KIND  SOURCE      COUNT
  plugin.so  helper  -        libhelper.so  plt   la_symbind      1
$ plugreport bindings --from plugin.so --symbol variable
  FROM       SYMBOL    VERSION  TO            KIND  SOURCE      COUNT
  plugin.so  variable  -        libhelper.so  got   relocation      1
$ plugreport bindings --from plugin.so --unbound --kind plt | sort
  FROM       SYMBOL           VERSION  TO         KIND  SOURCE      COUNT
  plugin.so  later            -        not bound  plt   relocation      1
  plugin.so  nobody_has_this  -        not bound  plt   relocation      1
$ plugreport object plugin.so | grep -E 'binds calls|PLT slots|nobody_has_this'
  binds calls       each call when it is made first
  PLT slots                    3, of which never called: 2
  0x4010  plt   nobody_has_this              -        -             never called
  nobody_has_this  nobody that was loaded
$ plugreport object plugin.so | sed -n '/^Never bound/,$p'
Never bound, and can't be  [inferred, from the files' symbols]
  SYMBOL           WHO HAS IT
  nobody_has_this  nobody that was loaded

END
