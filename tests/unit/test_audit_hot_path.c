/*
 * What a binding costs the program that makes it: no allocation, no system call, little stack; and
 * that it is recorded from many threads and from signal handlers at once.  The module's own code is
 * linked in and told of this process's objects, as ld.so would.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#include "audit/module.h"

#define SYMBOLS     300
#define THREADS     4
#define ROUNDS      2000
#define STACK_LIMIT 512
#define PAINT       0xa5

static char directory[64];

static int setup(void **state)
{
	(void)state;
	snprintf(directory, sizeof(directory), "/tmp/test_audit_hot_path.XXXXXX");
	return mkdtemp(directory) ? 0 : -1;
}

static int teardown(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf '%s'", directory);
	return system(command);
}

/* ---- the trap: while it is set, whoever allocates ends the process ---- */

#ifndef __SANITIZE_ADDRESS__
static volatile bool trapped;

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *p, size_t size);
void __libc_free(void *p);

static void spring(void)
{
	static const char message[] = "memory was asked for\n";

	if (!trapped)
		return;
	trapped = false;
	(void)!write(2, message, sizeof(message) - 1);
	_exit(2);
}

void *malloc(size_t size)
{
	spring();
	return __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
	spring();
	return __libc_calloc(count, size);
}

void *realloc(void *p, size_t size)
{
	spring();
	return __libc_realloc(p, size);
}

void free(void *p)
{
	spring();
	__libc_free(p);
}
#endif

/* ---- a recorded process: a child, since the module begins once and never starts again ---- */

static uintptr_t program_cookie, libc_cookie;
static struct {
	ElfW(Sym) symbol;
	uint32_t index;
	const char *name;
} bound[SYMBOLS];

#define CHECK(condition)                                                        \
	do {                                                                    \
		if (!(condition)) {                                             \
			fprintf(stderr, "line %d: %s\n", __LINE__, #condition); \
			_exit(1);                                               \
		}                                                               \
	} while (0)

/* Functions of libc whose names the recorder has not written yet. */
static void choose_symbols(void)
{
	const struct object *libc = objects_from_cookie(&libc_cookie);
	const ElfW(Sym) * all;
	uint32_t count = 0;

	CHECK(libc && libc->is_libc);
	all = (const ElfW(Sym) *)libc->symbols;
	for (uint32_t i = 1; i < libc->symbol_limit && count < SYMBOLS; i++) {
		const char *name = (const char *)libc->strings + all[i].st_name;

		if (ELF64_ST_TYPE(all[i].st_info) != STT_FUNC || all[i].st_shndx == SHN_UNDEF ||
		    strncmp(name, "dl", 2) == 0 || strcmp(name, "prctl") == 0 ||
		    strcmp(name, "syscall") == 0 || /* tapped */
		    (atomic_load(&libc->written[i / 32]) & 1u << i % 32))
			continue;
		bound[count].symbol = all[i];
		bound[count].symbol.st_value += libc->bias;
		bound[count].index = i;
		bound[count].name = name;
		count++;
	}
	CHECK(count == SYMBOLS);
}

static void begin_recording(void)
{
	char database[96];

	snprintf(database, sizeof(database), "%s/x.db", directory);
	setenv("PLUGAUDIT_DB", database, 1);
	setenv("PLUGAUDIT_FLUSH", "off", 1);
	module.environment = environ;
	CHECK(la_version(LAV_CURRENT) == LAV_CURRENT);
	for (struct link_map *map = _r_debug.r_map; map; map = map->l_next) {
		uintptr_t cookie = (uintptr_t)map;

		CHECK(la_objopen(map, LM_ID_BASE, &cookie) == (LA_FLG_BINDTO | LA_FLG_BINDFROM));
		if (map == _r_debug.r_map)
			program_cookie = cookie;
		if (strstr(map->l_name, "/libc.so.6"))
			libc_cookie = cookie;
	}
	la_preinit(&program_cookie);
	choose_symbols();
}

/* One binding, as ld.so announces it. */
static bool bind(int i)
{
	unsigned int flags = 0;
	uintptr_t address = la_symbind64(&bound[i].symbol, bound[i].index, &program_cookie,
					 &libc_cookie, &flags, bound[i].name);

	return address == bound[i].symbol.st_value &&
	       flags == (LA_SYMB_NOPLTENTER | LA_SYMB_NOPLTEXIT);
}

static bool bind_all(void)
{
	bool good = true;

	for (int i = 0; i < SYMBOLS; i++)
		good = bind(i) && good;
	return good;
}

/* Run it in a child; its exit status as wait() has it.  *ret_pid names its spool. */
static int in_child(void (*function)(void), pid_t *ret_pid)
{
	pid_t pid = fork();
	int status = -1;

	if (pid == 0) {
		begin_recording();
		function();
		/* exit() would end the recording; what is there must do. */
		syscall(SYS_exit, 0);
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	*ret_pid = pid;
	return status;
}

struct found {
	uint32_t bindings, symbols; /* of the chosen functions: from the program, to libc */
	uint32_t unnamed;           /* bindings before their symbol's record */
	uint64_t lost;
};

/* By the rules of spool.h, all records whole: nobody was interrupted. */
static struct found read_spool(pid_t pid)
{
	static bool named[64][8192];
	struct found found = {0};
	char path[128];
	struct stat st;
	const struct spool_header *header;
	const unsigned char *map;
	uint64_t at = SPOOL_HEADER_SIZE;
	int fd;

	memset(named, 0, sizeof(named));
	snprintf(path, sizeof(path), "%s/x.db.%d.spool", directory, (int)pid);
	fd = open(path, O_RDONLY);
	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &st), 0);
	map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
	assert_ptr_not_equal(map, MAP_FAILED);
	close(fd);
	header = (const void *)map;
	found.lost = header->lost_events;
	while (at < header->tail) {
		const struct spool_record *record = (const void *)(map + at);
		const struct spool_symbol *symbol = (const void *)(record + 1);
		const struct spool_binding *binding = (const void *)(record + 1);

		assert_true(record->size >= sizeof(*record) && at + record->size <= header->tail);
		assert_int_equal(record->check,
				 spool_check(header->salt, at, record, record->size));
		at += record->size;
		if (record->type == SPOOL_SYMBOL) {
			found.symbols++;
			assert_true(symbol->object < 64 && symbol->index < 8192);
			named[symbol->object][symbol->index] = true;
		} else if (record->type == SPOOL_BINDING) {
			found.bindings++;
			assert_true(binding->to < 64 && binding->symbol < 8192);
			found.unnamed += !named[binding->to][binding->symbol];
		}
	}
	munmap((void *)map, (size_t)st.st_size);
	return found;
}

static void assert_recorded(pid_t pid, uint32_t bindings)
{
	struct found found = read_spool(pid);

	assert_int_equal(found.bindings, bindings);
	assert_int_equal(found.unnamed, 0);
	assert_int_equal(found.lost, 0);
	assert_true(found.symbols >= SYMBOLS);
}

/* ---- the tests ---- */

#ifndef __SANITIZE_ADDRESS__
static void bind_without_memory(void)
{
	bool good;

	trapped = true;
	good = bind_all();
	trapped = false;
	CHECK(good);
}

static void allocate_in_trap(void)
{
	void *volatile p;

	trapped = true;
	p = malloc(1);
	trapped = false;
	free(p);
}

static void test_allocates_nothing(void **state)
{
	pid_t pid;

	(void)state;
	assert_int_equal(in_child(allocate_in_trap, &pid), 2 << 8);
	assert_int_equal(in_child(bind_without_memory, &pid), 0);
	assert_recorded(pid, SYMBOLS);
}
#endif

static void bind_without_kernel(void)
{
	bool good;

	CHECK(prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) == 0);
	good = bind_all();
	syscall(SYS_exit, good ? 0 : 1);
}

/* A thread-local name that static descriptors refer to: these are told from dynamic ones without
 * the kernel.  glibc sysdeps/x86_64/dl-tlsdesc.h. */
static uintptr_t descriptor[2];

static bool look_up_descriptor(void)
{
	struct object *program = objects_from_cookie(&program_cookie);
	const elf_reloc reloc = {.r_offset = (uintptr_t)descriptor - program->bias,
				 .r_info = ELF64_R_INFO(0, ARCH_RELOC_TLS_DESC)};
	struct spool_reference found = {.kind = SPOOL_REFERENCE_TLS};

	return lookup_by_name(program, "errno", &reloc, &found) && found.to &&
	       (found.flags & SPOOL_REFERENCE_BY_NAME);
}

static void static_descriptors_without_kernel(void)
{
	struct object *libc = objects_from_cookie(&libc_cookie);
	bool good;

	libc->tls_module = libc->tls_offset = 0; /* as if nothing had told yet */
	descriptor[0] = (uintptr_t)abort;
	descriptor[1] = (uintptr_t)-64;
	CHECK(look_up_descriptor()); /* writes the symbol's record */
	CHECK(libc->tls_offset != 0 && libc->tls_module == 0);
	CHECK(prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) == 0);
	good = look_up_descriptor();
	syscall(SYS_exit, good ? 0 : 1);
}

static void dynamic_descriptors(void)
{
	static const uintptr_t argument[] = {5, 0, 0}; /* module, offset, generation */
	struct object *libc = objects_from_cookie(&libc_cookie);

	libc->tls_module = libc->tls_offset = 0;
	descriptor[0] = (uintptr_t)abort;
	descriptor[1] = (uintptr_t)argument;
	CHECK(look_up_descriptor());
	CHECK(libc->tls_module == 5 && libc->tls_offset == 0);
}

static void test_thread_local_descriptors(void **state)
{
	pid_t pid;

	(void)state;
	assert_int_equal(in_child(dynamic_descriptors, &pid), 0);
	if (prctl(PR_GET_SECCOMP) != 0) {
		print_message("this process is under seccomp already\n");
		skip();
	}
	assert_int_equal(in_child(static_descriptors_without_kernel, &pid), 0);
}

static void ask_the_kernel(void)
{
	CHECK(prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) == 0);
	syscall(SYS_getppid);
}

static void test_makes_no_system_call(void **state)
{
	int status;
	pid_t pid;

	(void)state;
	if (prctl(PR_GET_SECCOMP) != 0) {
		print_message("this process is under seccomp already\n");
		skip();
	}
	status = in_child(ask_the_kernel, &pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	assert_int_equal(in_child(bind_without_kernel, &pid), 0);
	assert_recorded(pid, SYMBOLS);
}

#ifndef __SANITIZE_ADDRESS__ /* it paints stacks with colours of its own */
static ucontext_t outside, fibre;

static void bind_here(int i, int count)
{
	while (count--)
		if (!bind(i))
			abort();
}

static void nothing_here(int i, int count)
{
	(void)i, (void)count;
}

/* Bytes of a painted stack that function(i, count) changes. */
static size_t stack_used(void (*function)(int, int), int i, int count)
{
	static unsigned char stack[64 << 10] __attribute__((aligned(16)));
	size_t untouched = 0;

	memset(stack, PAINT, sizeof(stack));
	CHECK(getcontext(&fibre) == 0);
	fibre.uc_stack.ss_sp = stack;
	fibre.uc_stack.ss_size = sizeof(stack);
	fibre.uc_link = &outside;
	makecontext(&fibre, (void (*)(void))(uintptr_t)function, 2, i, count);
	CHECK(swapcontext(&outside, &fibre) == 0);
	while (untouched < sizeof(stack) && stack[untouched] == PAINT)
		untouched++;
	return sizeof(stack) - untouched;
}

static void measure_stack(void)
{
	size_t base = stack_used(nothing_here, 0, 1), most = 0;

	/* The first binding of a symbol, which writes its name, and a further one. */
	for (int i = 0; i < 2 * SYMBOLS; i++) {
		size_t used = stack_used(bind_here, i % SYMBOLS, 1) - base;

		most = used > most ? used : most;
	}
	/* So many that the spool has to grow meanwhile. */
	if (stack_used(bind_here, 0, 50000) - base > most)
		most = stack_used(bind_here, 0, 50000) - base;
	printf("# la_symbind64 uses %zu bytes of stack\n", most);
	fflush(stdout);
	CHECK(most > 16 && most < STACK_LIMIT);
}

static void test_uses_little_stack(void **state)
{
	pid_t pid;

	(void)state;
	assert_int_equal(in_child(measure_stack, &pid), 0);
}
#endif

static void *bind_in_thread(void *good)
{
	for (int round = 0; round < ROUNDS / SYMBOLS; round++)
		if (!bind_all())
			return NULL;
	return good;
}

static void bind_in_threads(void)
{
	pthread_t threads[THREADS];
	void *good;

	for (int i = 0; i < THREADS; i++)
		CHECK(pthread_create(&threads[i], NULL, bind_in_thread, threads) == 0);
	for (int i = 0; i < THREADS; i++)
		CHECK(pthread_join(threads[i], &good) == 0 && good);
}

static void test_threads(void **state)
{
	pid_t pid;

	(void)state;
	assert_int_equal(in_child(bind_in_threads, &pid), 0);
	assert_recorded(pid, THREADS * (ROUNDS / SYMBOLS) * SYMBOLS);
}

static _Atomic int handled;
static uint32_t *own_bindings; /* beside those of the handler; shared with the parent */

static void bind_in_handler(int signal)
{
	int n = atomic_fetch_add(&handled, 1);

	(void)signal;
	if (n < ROUNDS && !bind(n % SYMBOLS))
		_exit(3);
}

/* Signals that interrupt bindings at any instruction, on a stack of their own. */
static void bind_under_signals(void)
{
	static char other_stack[32768];
	stack_t alternative = {.ss_sp = other_stack, .ss_size = sizeof(other_stack)};
	struct sigaction action = {.sa_handler = bind_in_handler, .sa_flags = SA_ONSTACK};
	struct itimerval often = {{0, 50}, {0, 50}}, never = {{0, 0}, {0, 0}};

	CHECK(sigaltstack(&alternative, NULL) == 0 && sigaction(SIGALRM, &action, NULL) == 0);
	CHECK(setitimer(ITIMER_REAL, &often, NULL) == 0);
	while (atomic_load(&handled) < ROUNDS) {
		CHECK(bind((int)(*own_bindings % SYMBOLS)));
		++*own_bindings;
	}
	CHECK(setitimer(ITIMER_REAL, &never, NULL) == 0);
}

static void test_signal_handlers(void **state)
{
	pid_t pid;

	(void)state;
	own_bindings = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(own_bindings, MAP_FAILED);
	assert_int_equal(in_child(bind_under_signals, &pid), 0);
	assert_recorded(pid, ROUNDS + *own_bindings);
	munmap(own_bindings, 4096);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#ifndef __SANITIZE_ADDRESS__
		cmocka_unit_test_setup_teardown(test_allocates_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(test_uses_little_stack, setup, teardown),
#endif
		cmocka_unit_test_setup_teardown(test_makes_no_system_call, setup, teardown),
		cmocka_unit_test_setup_teardown(test_thread_local_descriptors, setup, teardown),
		cmocka_unit_test_setup_teardown(test_threads, setup, teardown),
		cmocka_unit_test_setup_teardown(test_signal_handlers, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
