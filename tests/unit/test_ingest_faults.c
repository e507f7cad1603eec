/*
 * Each step of SQLite and each allocation of an ingest fails, in turn, once or from then on: the
 * ingest says so in one line and exits with a status that tells, the spools stay, and the next
 * ingest takes all in, once.  FAULTS=all lets every one of them fail (make check-faults); otherwise
 * the first few of each kind, and the later ones the less densely the later they are.
 *
 * What SQLite does with files goes through a VFS of this test; its memory through
 * SQLITE_CONFIG_MALLOC; that of plugreport itself through the linker's --wrap (tests.mk); that of
 * libelf and libdw through a malloc of this program, which sees who calls it.  Each attempt is a
 * process of its own, as plugreport is.
 */
#include "tests/unit/store_test.h"

#include <errno.h>
#include <link.h>
#include <signal.h>
#include <sys/wait.h>
#include <ucontext.h>

#include "tests/unit/spool_builder.h"

/* How much is left out of what comes late, unless all is wanted.  With sanitizers a process takes
 * long to begin. */
#ifdef __SANITIZE_ADDRESS__
#define DENSITY 2
#else
#define DENSITY 6
#endif

#define LIBRARY_TEXT       0x4000 /* where its code begins */
#define CRASHED_IN_LIBRARY 98     /* exit status */

enum kind { STEP, SQLITE_MEMORY, OWN_MEMORY, ELF_MEMORY };

/* What is to fail in this process. */
static struct {
	bool armed;
	enum kind kind;
	unsigned long at;
	bool lasting; /* and all that come after it */
	unsigned long count;
} fault;

static bool fails(enum kind kind)
{
	if (!fault.armed || fault.kind != kind)
		return false;
	fault.count++;
	return fault.lasting ? fault.count >= fault.at : fault.count == fault.at;
}

/* --- memory of plugreport --- */

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
char *__real_strdup(const char *s);
char *__real_strndup(const char *s, size_t n);
int __real_vasprintf(char **ret, const char *format, va_list args);

void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
char *__wrap_strdup(const char *s);
char *__wrap_strndup(const char *s, size_t n);
int __wrap_vasprintf(char **ret, const char *format, va_list args);

void *__wrap_malloc(size_t size)
{
	return fails(OWN_MEMORY) ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
	return fails(OWN_MEMORY) ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
	return fails(OWN_MEMORY) ? NULL : __real_realloc(old, size);
}

char *__wrap_strdup(const char *s)
{
	return fails(OWN_MEMORY) ? NULL : __real_strdup(s);
}

char *__wrap_strndup(const char *s, size_t n)
{
	return fails(OWN_MEMORY) ? NULL : __real_strndup(s, n);
}

int __wrap_vasprintf(char **ret, const char *format, va_list args)
{
	return fails(OWN_MEMORY) ? -1 : __real_vasprintf(ret, format, args);
}

/* --- memory of libelf and libdw --- */

#ifndef __SANITIZE_ADDRESS__ /* which has a malloc of its own */
#define CAN_FAIL_ELF true

static struct range {
	uintptr_t start, end;
} elf_libraries[8];
static size_t elf_library_count;

static int find_library(struct dl_phdr_info *info, size_t size, void *data)
{
	const char *name = base_name(info->dlpi_name);

	(void)size, (void)data;
	if (strncmp(name, "libelf", 6) != 0 && strncmp(name, "libdw", 5) != 0)
		return 0;
	for (int i = 0; i < info->dlpi_phnum; i++)
		if (info->dlpi_phdr[i].p_type == PT_LOAD && info->dlpi_phdr[i].p_flags & PF_X &&
		    elf_library_count < ARRAY_SIZE(elf_libraries)) {
			uintptr_t start = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;

			elf_libraries[elf_library_count++] =
				(struct range){start, start + info->dlpi_phdr[i].p_memsz};
		}
	return 0;
}

static bool is_in_library(uintptr_t address)
{
	for (size_t i = 0; i < elf_library_count; i++)
		if (address >= elf_libraries[i].start && address < elf_libraries[i].end)
			return true;
	return false;
}

static bool fails_for(const void *caller)
{
	if (!fault.armed || !is_in_library((uintptr_t)caller) || !fails(ELF_MEMORY))
		return false;
	errno = ENOMEM;
	return true;
}

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);

void *malloc(size_t size)
{
	return fails_for(__builtin_return_address(0)) ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
	return fails_for(__builtin_return_address(0)) ? NULL : __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
	return fails_for(__builtin_return_address(0)) ? NULL : __libc_realloc(old, size);
}

static void find_elf_libraries(void)
{
	dl_iterate_phdr(find_library, NULL);
}

static void on_fault(int number, siginfo_t *info, void *context)
{
	const mcontext_t *machine = &((const ucontext_t *)context)->uc_mcontext;
#if defined __x86_64__
	uintptr_t at = (uintptr_t)machine->gregs[REG_RIP];
#elif defined __i386__
	uintptr_t at = (uintptr_t)machine->gregs[REG_EIP];
#else
	uintptr_t at = (uintptr_t)machine->pc;
#endif

	(void)info;
	if (is_in_library(at))
		_exit(CRASHED_IN_LIBRARY);
	signal(number, SIG_DFL); /* and once more */
}

/* libdw 0.188 takes some of its memory without a look whether there is any (its abbreviations'
 * table).  Such an ingest ends like one that is killed.  A fault elsewhere is ours. */
static void watch_for_faults(void)
{
	struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO};

	sigaction(SIGSEGV, &action, NULL);
}
#else
#define CAN_FAIL_ELF false

static void find_elf_libraries(void)
{
}

static void watch_for_faults(void)
{
}
#endif

/* --- memory of SQLite --- */

static sqlite3_mem_methods memory;

static void *sqlite_malloc(int size)
{
	return fails(SQLITE_MEMORY) ? NULL : memory.xMalloc(size);
}

static void *sqlite_realloc(void *old, int size)
{
	return fails(SQLITE_MEMORY) ? NULL : memory.xRealloc(old, size);
}

/* --- files of SQLite --- */

static sqlite3_vfs *unix_vfs, vfs;

struct file {
	sqlite3_file base;
	sqlite3_file *real; /* behind this struct */
};

static sqlite3_file *real(sqlite3_file *file)
{
	return ((struct file *)file)->real;
}

static int file_close(sqlite3_file *file)
{
	return real(file)->pMethods ? real(file)->pMethods->xClose(real(file)) : SQLITE_OK;
}

static int file_read(sqlite3_file *file, void *place, int size, sqlite3_int64 at)
{
	return fails(STEP) ? SQLITE_IOERR_READ
			   : real(file)->pMethods->xRead(real(file), place, size, at);
}

static int file_write(sqlite3_file *file, const void *place, int size, sqlite3_int64 at)
{
	/* Half of it is written, as on a disk that gets full. */
	if (!fails(STEP))
		return real(file)->pMethods->xWrite(real(file), place, size, at);
	real(file)->pMethods->xWrite(real(file), place, size / 2, at);
	return fault.at % 2 ? SQLITE_FULL : SQLITE_IOERR_WRITE;
}

static int file_truncate(sqlite3_file *file, sqlite3_int64 size)
{
	return fails(STEP) ? SQLITE_IOERR_TRUNCATE
			   : real(file)->pMethods->xTruncate(real(file), size);
}

static int file_sync(sqlite3_file *file, int flags)
{
	return fails(STEP) ? SQLITE_IOERR_FSYNC : real(file)->pMethods->xSync(real(file), flags);
}

static int file_size(sqlite3_file *file, sqlite3_int64 *ret_size)
{
	return fails(STEP) ? SQLITE_IOERR_FSTAT
			   : real(file)->pMethods->xFileSize(real(file), ret_size);
}

static int file_lock(sqlite3_file *file, int lock)
{
	return fails(STEP) ? SQLITE_IOERR_LOCK : real(file)->pMethods->xLock(real(file), lock);
}

static int file_unlock(sqlite3_file *file, int lock)
{
	return real(file)->pMethods->xUnlock(real(file), lock);
}

static int file_check_lock(sqlite3_file *file, int *ret_locked)
{
	return fails(STEP) ? SQLITE_IOERR_CHECKRESERVEDLOCK
			   : real(file)->pMethods->xCheckReservedLock(real(file), ret_locked);
}

static int file_control(sqlite3_file *file, int what, void *argument)
{
	return real(file)->pMethods->xFileControl(real(file), what, argument);
}

static int file_sector(sqlite3_file *file)
{
	return real(file)->pMethods->xSectorSize(real(file));
}

static int file_device(sqlite3_file *file)
{
	return real(file)->pMethods->xDeviceCharacteristics(real(file));
}

static const sqlite3_io_methods file_methods = {
	1,           file_close, file_read,   file_write,      file_truncate, file_sync,
	file_size,   file_lock,  file_unlock, file_check_lock, file_control,  file_sector,
	file_device,
};

static int vfs_open(sqlite3_vfs *v, const char *name, sqlite3_file *file, int flags, int *ret_flags)
{
	struct file *f = (struct file *)file;
	int code;

	(void)v;
	f->base.pMethods = NULL;
	f->real = (sqlite3_file *)(f + 1);
	if (fails(STEP))
		return SQLITE_CANTOPEN;
	code = unix_vfs->xOpen(unix_vfs, name, f->real, flags, ret_flags);
	f->base.pMethods = f->real->pMethods ? &file_methods : NULL;
	return code;
}

static int vfs_delete(sqlite3_vfs *v, const char *name, int sync)
{
	(void)v;
	return fails(STEP) ? SQLITE_IOERR_DELETE : unix_vfs->xDelete(unix_vfs, name, sync);
}

static int vfs_access(sqlite3_vfs *v, const char *name, int flags, int *ret)
{
	(void)v;
	return fails(STEP) ? SQLITE_IOERR_ACCESS : unix_vfs->xAccess(unix_vfs, name, flags, ret);
}

static int intercept(void **state)
{
	sqlite3_mem_methods ours;

	(void)state;
	find_elf_libraries();
	if (sqlite3_config(SQLITE_CONFIG_GETMALLOC, &memory) != SQLITE_OK)
		return -1;
	ours = memory;
	ours.xMalloc = sqlite_malloc;
	ours.xRealloc = sqlite_realloc;
	if (sqlite3_config(SQLITE_CONFIG_MALLOC, &ours) != SQLITE_OK ||
	    sqlite3_config(SQLITE_CONFIG_LOOKASIDE, 0, 0) != SQLITE_OK ||
	    sqlite3_initialize() != SQLITE_OK)
		return -1;
	unix_vfs = sqlite3_vfs_find(NULL);
	vfs = *unix_vfs;
	vfs.zName = "faults";
	vfs.szOsFile = (int)sizeof(struct file) + unix_vfs->szOsFile;
	vfs.xOpen = vfs_open;
	vfs.xDelete = vfs_delete;
	vfs.xAccess = vfs_access;
	return sqlite3_vfs_register(&vfs, 1) == SQLITE_OK ? 0 : -1;
}

/* --- the ingest --- */

static char *library; /* a file with DWARF, which is looked into; or NULL */

/* Its functions are in the stack of a call, its symbols are bound to, by numbers alone. */
static void add_library(struct spool_builder *b)
{
	uint64_t frames[64];

	for (size_t i = 0; i < ARRAY_SIZE(frames); i++)
		frames[i] = UINT64_C(0x500000) + LIBRARY_TEXT + 8 * i;
	sb_object(b, 5, SPOOL_OBJECT_LIBRARY, library, base_name(library), NULL);
	for (uint32_t symbol = 1; symbol < 8; symbol++)
		sb_binding(b, 1, 5, symbol, 0);
	sb_call(b, SPOOL_CALL_DLOPEN, 5, "libother.so", 0, frames, ARRAY_SIZE(frames));
}

static void save(int pid, const char *name)
{
	struct spool_builder b;

	sb_init(&b, pid);
	sb_sample(&b);
	if (library)
		add_library(&b);
	sb_event(&b, SPOOL_END, 0, 0);
	sb_save(&b, name);
	sb_release(&b);
}

/* Ingest in a child, with the fault; true when it came to that.  *ret_status is its exit status. */
static bool attempt(enum kind kind, unsigned long at, bool lasting, int *ret_status)
{
	int reached[2], status;
	char byte;
	bool came;
	pid_t pid;

	assert_int_equal(pipe(reached), 0);
	pid = fork();
	if (pid == 0) {
		struct ingest_options options = {.live = false};
		struct ingest_result result;
		bool done;

		if (kind == ELF_MEMORY)
			watch_for_faults();
		fault.kind = kind;
		fault.at = at;
		fault.lasting = lasting;
		fault.armed = true;
		done = store_ingest("db", &options, &result) && result.failed == 0;
		fault.armed = false;
		if (fault.count >= fault.at && write(reached[1], "", 1) != 1)
			_exit(99);
		_exit(done ? 0 : EXIT_DATABASE);
	}
	close(reached[1]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	came = read(reached[0], &byte, 1) == 1;
	close(reached[0]);
	if (!WIFEXITED(status))
		fail_msg("fault %d at %lu: ended by signal %d", kind, at, WTERMSIG(status));
	*ret_status = WEXITSTATUS(status);
	return came || *ret_status != 0; /* out of memory ends it before it can tell */
}

/* All spools were read and none can be left, or each is there. */
static void check_left(int status, const char *text, enum kind kind, unsigned long at)
{
	const char *newline = strchr(text, '\n');

	if (status == 0 && exists("db.2.spool"))
		fail_msg("fault %d at %lu: done, but a spool is left: %s", kind, at, text);
	if (status == 0)
		return;
	if (status == CRASHED_IN_LIBRARY) {
		assert_true(exists("db.2.spool"));
		return;
	}
	if (status != EXIT_DATABASE)
		fail_msg("fault %d at %lu: status %d: %s", kind, at, status, text);
	if (!newline || newline[1] != '\0' || strncmp(text, "plugreport: ", 12) != 0)
		fail_msg("fault %d at %lu: one line is expected, not: %s", kind, at, text);
	if (!exists("db.2.spool") && !exists("db"))
		fail_msg("fault %d at %lu: neither spool nor database", kind, at);
}

static void check_nothing_else_left(void)
{
	DIR *dir = opendir(".");
	struct dirent *entry;

	assert_non_null(dir);
	while ((entry = readdir(dir)))
		if (entry->d_name[0] != '.' && strcmp(entry->d_name, "db") != 0 &&
		    strcmp(entry->d_name, "before") != 0 && strncmp(entry->d_name, "lib", 3) != 0)
			fail_msg("%s is left", entry->d_name);
	closedir(dir);
}

static void copy(const char *from, const char *to)
{
	AUTO_CLOSE int in = open(from, O_RDONLY),
		       out = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	static char bytes[1 << 20];
	ssize_t size = read(in, bytes, sizeof(bytes));

	assert_true(size > 0 && size < (ssize_t)sizeof(bytes));
	assert_int_equal(write(out, bytes, (size_t)size), size);
}

static void check_all_in_once(int processes, enum kind kind, unsigned long at)
{
	AUTO_FREE char *all =
		xasprintf("%d %d %d %d", processes, processes, processes * (library ? 5 : 4),
			  processes * (library ? 3 : 2));
	AUTO_FREE char *answer = NULL;

	ingest(false);
	assert_answer("PRAGMA integrity_check", "ok");
	assert_answer("PRAGMA foreign_key_check", "");
	answer = ask("SELECT count(*) || ' ' || count(DISTINCT pid) || ' ' || (SELECT count(*) "
		     "FROM object) || ' ' || (SELECT count(*) FROM call) FROM process");
	if (strcmp(answer, all) != 0)
		fail_msg("fault %d at %lu: %s, not %s", kind, at, answer, all);
	check_nothing_else_left();
}

/* `before`: there is a database already, of one process. */
static void fail_each(enum kind kind, bool before)
{
	static const char *const names[] = {"steps of SQLite", "allocations of SQLite",
					    "own allocations", "allocations of libelf and libdw"};
	const char *wanted = getenv("FAULTS");
	bool all = wanted && strcmp(wanted, "all") == 0;
	unsigned long faults = 0, told = 0, crashed = 0;

	if (before) {
		save(1, "db.1.spool");
		ingest(false);
		copy("db", "before");
	}
	for (int lasting = 0; lasting < 2; lasting++)
		for (unsigned long at = 1;; at += all ? 1 : 1 + at / DENSITY) {
			AUTO_FREE char *text = NULL;
			struct saying saying;
			bool came;
			int status;

			unlink("db");
			if (before)
				copy("before", "db");
			save(2, "db.2.spool");
			save(3, "db.3.spool");
			saying = begin_listening();
			came = attempt(kind, at, lasting, &status);
			text = said(saying);
			if (!came)
				break;
			faults++;
			told += status == EXIT_DATABASE;
			crashed += status == CRASHED_IN_LIBRARY;
			check_left(status, text, kind, at);
			check_all_in_once(before ? 3 : 2, kind, at);
		}
	print_message("%lu %s failed, %s; %lu times ingest failed\n", faults, names[kind],
		      before ? "with a database" : "without a database", told);
	if (crashed)
		print_message("%lu times libdw crashed, and the next ingest had all\n", crashed);
	/* Without what libelf and libdw would tell, names are missing, and no more. */
	assert_true(faults > 3 * DENSITY && told > (kind == ELF_MEMORY ? 0 : 3));
	unlink("before");
	unlink("db");
	unlink("db.2.spool");
	unlink("db.3.spool");
}

static void test_steps(void **state)
{
	(void)state;
	fail_each(STEP, false);
	fail_each(STEP, true);
}

static void test_sqlite_memory(void **state)
{
	(void)state;
	fail_each(SQLITE_MEMORY, false);
	fail_each(SQLITE_MEMORY, true);
}

static void test_own_memory(void **state)
{
	(void)state;
	fail_each(OWN_MEMORY, false);
	fail_each(OWN_MEMORY, true);
}

/* What is read of ELF files and DWARF meanwhile. */
static void test_memory_for_files(void **state)
{
	static const char source[] =
		"volatile int sink;\n"
		"static inline __attribute__((always_inline)) void leaf(int x) { sink = x; }\n"
		"static __attribute__((noinline)) void hidden(int x) { leaf(x); leaf(x + 1); }\n"
		"void entry(int x) { hidden(x); leaf(2); }\n"
		"void other(int x) { entry(x); entry(x + 1); }\n";
	AUTO_FREE char *directory = getcwd(NULL, 0), *path = xasprintf("%s/lib.so", directory);
	AUTO_FREE char *compile =
		xasprintf("echo '%s' >lib.c && %s -shared -fPIC -g -O1 "
			  "-Wl,-Ttext=%#x,--build-id=0xdead00be lib.c -o lib.so",
			  source, getenv("CC") ? getenv("CC") : "gcc", LIBRARY_TEXT);

	(void)state;
	assert_int_equal(system(compile), 0);
	library = path;
	save(1, "db.1.spool");
	ingest(false);
	assert_answer("SELECT count(DISTINCT function) >= 3 AND sum(line = 4) > 0 FROM stack_frame",
		      "1");
	assert_answer("SELECT count(*) FROM symbol WHERE name IN ('entry', 'other', 'sink')", "3");
	unlink("db");
	if (CAN_FAIL_ELF)
		fail_each(ELF_MEMORY, false);
	fail_each(OWN_MEMORY, false);
	library = NULL;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		directory_test(test_steps),
		directory_test(test_sqlite_memory),
		directory_test(test_own_memory),
		directory_test(test_memory_for_files),
	};

	return cmocka_run_group_tests(tests, intercept, NULL);
}
