# RTLD_NODELETE (dlopen(3)): dlclose does not unload the library.  Its variables keep their values, and
# its constructors do not run again.
. "$TOP/tests/lib.sh"
. "$TOP/tests/gallery.sh"

so counter.so <<<'int count(void) { static int n; return ++n; }'
so kept.so <<<'int count(void) { static int n; return ++n; }'
program host <<'END'
#include <dlfcn.h>
#include <stdio.h>
static void use(const char *name, int flags)
{
	void *handle = dlopen(name, flags);
	int (*count)(void) = (int (*)(void))dlsym(handle, "count");
	printf("%s: %d\n", name, count());
	dlclose(handle);
}
int main(void)
{
	use("./counter.so", RTLD_NOW);
	use("./counter.so", RTLD_NOW);
	use("./kept.so", RTLD_NOW | RTLD_NODELETE);
	use("./kept.so", RTLD_NOW);
	return 0;
}
END
judge ./host
transcript <<'END'
$ cat program.out
./counter.so: 1
./counter.so: 1
./kept.so: 1
./kept.so: 2
$ plugreport objects counter.so kept.so --sort path
  NS  OBJECT  SONAME  BUILD-ID  OPENED  CLOSED  WHY IT IS THERE
  0  ./counter.so  counter.so  BUILD-ID  TIME  TIME  dlopen called from use() at host.c:5 in host
  0  ./counter.so  counter.so  BUILD-ID  TIME  TIME  dlopen called from use() at host.c:5 in host
  0  ./kept.so  kept.so  BUILD-ID  TIME  at exit  dlopen called from use() at host.c:5 in host
Why an object is there is inferred from the order of events.
$ plugreport calls --name '*.so'
  AT  TID  CALL  RESULT  KNOWN BY  CALLED FROM
  TIME  TID  dlopen("./counter.so", RTLD_NOW)  loaded counter.so  opening  use() at host.c:5 in host
  TIME  TID  dlsym(counter.so, "count")  from counter.so  binding  use() at host.c:6 in host
  TIME  TID  dlclose(counter.so)  counter.so  handle  use() at host.c:8 in host
  TIME  TID  dlopen("./counter.so", RTLD_NOW)  loaded counter.so  opening  use() at host.c:5 in host
  TIME  TID  dlsym(counter.so, "count")  from counter.so  binding  use() at host.c:6 in host
  TIME  TID  dlclose(counter.so)  counter.so  handle  use() at host.c:8 in host
  TIME  TID  dlopen("./kept.so", RTLD_NOW|RTLD_NODELETE)  loaded kept.so  opening  use() at host.c:5 in host
  TIME  TID  dlsym(kept.so, "count")  from kept.so  binding  use() at host.c:6 in host
  TIME  TID  dlclose(kept.so)  kept.so  handle  use() at host.c:8 in host
  TIME  TID  dlopen("./kept.so", RTLD_NOW)  was there: kept.so  name  use() at host.c:5 in host
  TIME  TID  dlsym(kept.so, "count")  from kept.so  binding  use() at host.c:6 in host
  TIME  TID  dlclose(kept.so)  kept.so  handle  use() at host.c:8 in host
Results known by opening, search or name are inferred from what came next.
END
