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
  NS  OBJECT        SONAME      BUILD-ID       OPENED   CLOSED  WHY IT IS THERE
   0  ./counter.so  counter.so  d987b433eecc  0.89 ms  0.95 ms  dlopen called from use() at host.c:5 in host
   0  ./counter.so  counter.so  d987b433eecc  1.05 ms  1.07 ms  dlopen called from use() at host.c:5 in host
   0  ./kept.so     kept.so     85361360c984  1.16 ms  at exit  dlopen called from use() at host.c:5 in host
Why an object is there is inferred from the order of events.
$ plugreport calls --name '*.so'
       AT    TID  CALL                                         RESULT              KNOWN BY  CALLED FROM
  0.78 ms  13248  dlopen("./counter.so", RTLD_NOW)             loaded counter.so   opening   use() at host.c:5 in host
  0.91 ms  13248  dlsym(counter.so, "count")                   from counter.so     binding   use() at host.c:6 in host
  0.95 ms  13248  dlclose(counter.so)                          counter.so          handle    use() at host.c:8 in host
  0.97 ms  13248  dlopen("./counter.so", RTLD_NOW)             loaded counter.so   opening   use() at host.c:5 in host
  1.06 ms  13248  dlsym(counter.so, "count")                   from counter.so     binding   use() at host.c:6 in host
  1.07 ms  13248  dlclose(counter.so)                          counter.so          handle    use() at host.c:8 in host
  1.09 ms  13248  dlopen("./kept.so", RTLD_NOW|RTLD_NODELETE)  loaded kept.so      opening   use() at host.c:5 in host
  1.17 ms  13248  dlsym(kept.so, "count")                      from kept.so        binding   use() at host.c:6 in host
  1.18 ms  13248  dlclose(kept.so)                             kept.so             handle    use() at host.c:8 in host
  1.18 ms  13248  dlopen("./kept.so", RTLD_NOW)                was there: kept.so  name      use() at host.c:5 in host
  1.19 ms  13248  dlsym(kept.so, "count")                      from kept.so        binding   use() at host.c:6 in host
  1.19 ms  13248  dlclose(kept.so)                             kept.so             handle    use() at host.c:8 in host
Results known by opening, search or name are inferred from what came next.
$ plugreport why-resident kept.so
kept.so stayed mapped until the process ended.
in process 13248 (host)

  opened with RTLD_NODELETE: dlopen("./kept.so", RTLD_NOW|RTLD_NODELETE) called from use() at host.c:5 in host
      #0  use() at host.c:5 in host
      #1  main() at host.c:14 in host
      #2  __libc_start_call_main()+0x7a in libc.so.6
      #3  __libc_start_main()+0x85 in libc.so.6
      #4  _start()+0x21 in host

  2 dlopens, 2 dlcloses (2 without effect):
      1.09 ms  dlopen("./kept.so", RTLD_NOW|RTLD_NODELETE) called from use() at host.c:5 in host
      1.18 ms  dlclose(kept.so) called from use() at host.c:8 in host  without effect
      1.18 ms  dlopen("./kept.so", RTLD_NOW) called from use() at host.c:5 in host
      1.19 ms  dlclose(kept.so) called from use() at host.c:8 in host  without effect

Reference counts and what is bound to what are inferred: rebuilt from the recorded calls and bindings.
END
