/* process.c - what a process image is, and who its parent was. */
#include "audit/module.h"

#include <errno.h>
#include <fcntl.h>
#include <gnu/libc-version.h>
#include <sys/auxv.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <time.h>

#ifndef MADV_WIPEONFORK
#define MADV_WIPEONFORK 18 /* Linux 4.14 */
#endif

#define IDENTITY_MAX ((size_t)256 << 10) /* argv and environment that are kept */
#define PARENT_NAMES 2                   /* gaps are tolerated among the first names */
#define IMAGES_MAX   64

struct module module;
static _Atomic uint32_t never_alive; /* what module.alive points to before there is a page */

/* ld.so passes these to constructors; they run before la_version. */
__attribute__((constructor)) static void remember_arguments(int argc, char **argv,
							    char **environment)
{
	module.argc = argc;
	module.argv = argv;
	module.environment = environment;
	module.alive = &never_alive;
	module.page_size = getauxval(AT_PAGESZ);
}

/* What ld.so reads, of glibc 2.31 to 2.43; other names that begin with LD_ may be secrets. */
static const char *const loader_variables[] = {
	"AUDIT",
	"ASSUME_KERNEL",
	"BIND_NOT",
	"BIND_NOW",
	"DEBUG",
	"DEBUG_OUTPUT",
	"DYNAMIC_WEAK",
	"HWCAP_MASK",
	"LIBRARY_PATH",
	"ORIGIN_PATH",
	"PREFER_MAP_32BIT_EXEC",
	"PRELOAD",
	"PROFILE",
	"PROFILE_OUTPUT",
	"SHOW_AUXV",
	"TRACE_LOADED_OBJECTS",
	"TRACE_PRELINKING",
	"USE_LOAD_BIAS",
	"VERBOSE",
	"WARN",
};

static bool is_loader_variable(const char *entry)
{
	if (strncmp(entry, "LD_", 3) != 0)
		return false;
	for (size_t i = 0; i < sizeof(loader_variables) / sizeof(loader_variables[0]); i++) {
		size_t length = strlen(loader_variables[i]);

		if (strncmp(entry + 3, loader_variables[i], length) == 0 &&
		    entry[3 + length] == '=')
			return true;
	}
	return false;
}

static bool wanted_variable(const char *entry)
{
	return is_loader_variable(entry) || strncmp(entry, "PLUGAUDIT_", 10) == 0 ||
	       strncmp(entry, "GLIBC_TUNABLES=", 15) == 0;
}

/* The strings of the SPOOL_PROCESS record, copied while they are what execve gave: programs
 * overwrite their argv and environment to change their title. */
static bool keep_identity(void)
{
	const char *fixed[] = {gnu_get_libc_version(), module.path,
			       (const char *)getauxval(AT_PLATFORM)};
	size_t size = 0;
	unsigned char *p;
	int argc = 0;
	char **entry;

	for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
		size += string_room(fixed[i]);
	for (; argc < module.argc && size + string_room(module.argv[argc]) < IDENTITY_MAX; argc++)
		size += string_room(module.argv[argc]);
	if (argc < module.argc)
		module.identity_flags = SPOOL_PROCESS_CUT;
	for (entry = module.environment; entry && *entry; entry++) {
		if (!wanted_variable(*entry))
			continue;
		if (size + string_room(*entry) >= 2 * IDENTITY_MAX) {
			module.identity_flags = SPOOL_PROCESS_CUT;
			break;
		}
		size += string_room(*entry);
	}
	p = module.identity = arena_alloc(size);
	if (!p)
		return false;
	for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
		p = put_string(p, fixed[i]);
	for (int i = 0; i < argc; i++)
		p = put_string(p, module.argv[i]);
	for (char **e = module.environment; e != entry; e++)
		if (wanted_variable(*e)) {
			p = put_string(p, *e);
			module.identity_env++;
		}
	module.identity_argc = (uint32_t)argc;
	module.identity_size = (size_t)(p - module.identity);
	return true;
}

/* The working directory; in memory of its own, because a forked child may have little stack. */
static const char *working_directory(void)
{
	static char cwd[PATH_ROOM];
	long n = sys(SYS_getcwd, cwd, sizeof(cwd));

	return n > 0 && cwd[0] == '/' ? cwd : NULL;
}

void process_write(void)
{
	const char *cwd = working_directory();
	struct spool_process *process;
	unsigned char *p;

	process = writer_reserve(&module.writer, SPOOL_PROCESS, module.identity_flags, thread_id(),
				 sizeof(*process) + string_room(module.exe) + string_room(cwd) +
					 module.identity_size);
	if (!process)
		return;
	process->when.time = monotonic_now() - module.epoch;
	process->when.sp = (uintptr_t)__builtin_frame_address(0);
	process->uid = (uint32_t)sys(ARCH_SYS_geteuid);
	process->gid = (uint32_t)sys(ARCH_SYS_getegid);
	process->argc = module.identity_argc;
	process->env_count = module.identity_env;
	process->audit_version = module.audit_version;
	process->audit_offered = module.audit_offered;
	process->module_base = module.base;
	p = put_string((unsigned char *)(process + 1), module.exe);
	p = put_string(p, cwd);
	memcpy(p, module.identity, module.identity_size);
	writer_commit(&module.writer, process);
}

/* When this process began (fork, not execve), CLOCK_REALTIME ns; 0 unknown. */
static uint64_t process_began(void)
{
	char stat[1024] = {0}; /* all of it: functions of libc read ahead, and valgrind minds */
	uint64_t ticks = 0;
	const char *p;
	long fd, n;

	fd = sys(SYS_openat, AT_FDCWD, "/proc/self/stat", O_RDONLY | O_CLOEXEC, 0);
	if (fd < 0)
		return 0;
	n = sys(SYS_read, fd, stat, sizeof(stat) - 1);
	sys(SYS_close, fd);
	if (n <= 0)
		return 0;
	stat[n] = '\0';
	/* Field 22, counted behind the command's closing parenthesis (field 2): proc(5). */
	p = strrchr(stat, ')');
	for (int field = 2; p && field < 22; field++)
		p = strchr(p + 1, ' ');
	if (!p)
		return 0;
	while (*++p >= '0' && *p <= '9')
		ticks = ticks * 10 + (uint64_t)(*p - '0');
	/* The unit is USER_HZ, 100 on every Linux port of glibc. */
	return clock_now(CLOCK_REALTIME) - clock_now(CLOCK_BOOTTIME) + ticks * 10000000u;
}

/* Processes of several pid namespaces may record beside one database. */
static uint64_t pid_namespace(void)
{
	struct stat st;

	return sys(ARCH_SYS_fstatat, AT_FDCWD, "/proc/self/ns/pid", &st, 0) == 0 ? st.st_ino : 0;
}

/* A whole spool of process `pid`, in a file of this user's: anybody may put files beside a
 * database. */
static bool is_spool_of(long fd, int pid, struct spool_header *ret_header)
{
	struct stat st;

	return sys(ARCH_SYS_fstat, fd, &st) == 0 && S_ISREG(st.st_mode) &&
	       st.st_uid == (uid_t)sys(ARCH_SYS_geteuid) &&
	       sys(SYS_pread64, fd, ret_header, sizeof(*ret_header), ARCH_WIDE(0)) ==
		       sizeof(*ret_header) &&
	       memcmp(ret_header->magic, SPOOL_MAGIC, sizeof(ret_header->magic)) == 0 &&
	       ret_header->version == SPOOL_VERSION && ret_header->pid == pid &&
	       ret_header->pid_namespace == pid_namespace();
}

/*
 * Look for the spool of process `pid`: the newest of its images.  `live` tells that it must be
 * mapped at this moment (another process); otherwise it is this very process before execve, and
 * must not be older than the process itself.
 */
static bool find_spool_of(int pid, bool live, struct spool_header *ret_header)
{
	bool found = false;
	uint64_t began = 0;

	for (uint32_t n = 1; n <= IMAGES_MAX; n++) {
		struct spool_header header;
		char path[PATH_ROOM];
		long fd;

		if (!writer_path(path, sizeof(path), module.database, pid, n))
			return false;
		fd = sys(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK,
			 0);
		if (fd < 0 && n <= PARENT_NAMES)
			continue;
		if (fd < 0)
			break;
		/* No lock before the magic is there: its writer is about to take it. */
		if (is_spool_of(fd, pid, &header) &&
		    (sys(SYS_flock, fd, LOCK_SH | LOCK_NB) == -EWOULDBLOCK) == live &&
		    (live || began || (began = process_began())) &&
		    (live || header.realtime_ns + 20000000u >= began) &&
		    (!found || header.realtime_ns > ret_header->realtime_ns)) {
			*ret_header = header;
			found = true;
		}
		sys(SYS_close, fd);
	}
	return found;
}

static void random_bytes(void *place, size_t size)
{
	if (sys(SYS_getrandom, place, size, 1 /* GRND_NONBLOCK */) != (long)size) {
		/* Early boot: names need to be different, not secret. */
		uint64_t seed = monotonic_now() ^ (uint64_t)sys(SYS_getpid) << 32;
		unsigned char *p = place;

		for (size_t i = 0; i < size; i++) {
			seed = seed * 6364136223846793005u + 1442695040888963407u;
			p[i] = (unsigned char)(seed >> 56);
		}
	}
}

static void new_header(struct spool_header *header, enum spool_begin begin,
		       const struct spool_header *parent, uint64_t parent_tail)
{
	memset(header, 0, sizeof(*header));
	random_bytes(header->uuid, sizeof(header->uuid));
	random_bytes(&header->salt, sizeof(header->salt));
	header->machine = ARCH_MACHINE;
	header->word_size = sizeof(void *);
	header->pid = (int32_t)sys(SYS_getpid);
	header->ppid = (int32_t)sys(SYS_getppid);
	header->pid_namespace = pid_namespace();
	header->begin_kind = begin;
	header->realtime_ns = clock_now(CLOCK_REALTIME);
	header->monotonic_ns = module.epoch = monotonic_now();
	if (parent) {
		memcpy(header->parent_uuid, parent->uuid, sizeof(header->parent_uuid));
		memcpy(header->run_uuid, parent->run_uuid, sizeof(header->run_uuid));
		header->parent_pid = parent->pid;
		header->parent_tail = parent_tail;
	} else {
		memcpy(header->run_uuid, header->uuid, sizeof(header->run_uuid));
		header->flags = SPOOL_FLAG_ROOT;
	}
}

/* What a forked child needs of its parent's header, whose mapping it has not got. */
static struct spool_header own_identity;

static bool prepare_paths(void)
{
	static char exe[PATH_ROOM];
	const char *database = find_variable(module.environment, "PLUGAUDIT_DB");
	const char *cwd = working_directory();
	long n = sys(SYS_readlinkat, AT_FDCWD, "/proc/self/exe", exe, sizeof(exe) - 1);

	module.exe = n > 0 ? exe : NULL;
	if (!database || !*database)
		database = "plugaudit.db";
	if (database[0] == '/' || !cwd)
		return join(module.database, sizeof(module.database), database, NULL, NULL);
	while (strncmp(database, "./", 2) == 0)
		database += 2;
	return join(module.database, sizeof(module.database), cwd, strcmp(cwd, "/") == 0 ? "" : "/",
		    database);
}

static const char *reason_for(long error)
{
	switch (error) {
	case -EACCES:
	case -EPERM:
		return ": permission denied; set PLUGAUDIT_DB to a place that can be written";
	case -EROFS:
		return ": read-only file system; set PLUGAUDIT_DB to a place that can be written";
	case -ENOENT:
		return ": no such directory; set PLUGAUDIT_DB to a place that can be written";
	case -ENOSPC:
	case -EDQUOT:
	case -EFAULT: /* what populating pages says of a full disk */
		return ": no space left; set PLUGAUDIT_DB to a place with room";
	case -EFBIG:
		return ": the file size limit is too low (ulimit -f)";
	case -ENOMEM:
		return ": not enough address space (ulimit -v)";
	case -ENAMETOOLONG:
		return ": the path is too long";
	default:
		return ": can't be created";
	}
}

/* Is the running glibc older than 2.<minor>? */
static bool glibc_before(unsigned int minor)
{
	const char *p = gnu_get_libc_version();
	unsigned int have = 0;

	if (p[0] != '2' || p[1] != '.')
		return false;
	for (p += 2; *p >= '0' && *p <= '9'; p++)
		have = have * 10 + (unsigned int)(*p - '0');
	return have < minor;
}

bool process_start(unsigned int offered, unsigned int version)
{
	struct spool_header parent;
	enum spool_begin begin = SPOOL_BEGIN_START;
	const char *flush, *preloads;
	struct stat st;
	long page;
	int error;

	module.audit_offered = offered;
	module.audit_version = version;
	module.secure = getauxval(AT_SECURE) != 0;
	if (module.secure || !module.environment)
		return false;
	module.quiet = find_variable(module.environment, "PLUGAUDIT_QUIET") != NULL;
	preloads = find_variable(module.environment, "LD_PRELOAD");
	module.valgrind = preloads && strstr(preloads, "/vgpreload_");
	flush = find_variable(module.environment, "PLUGAUDIT_FLUSH");
	module.flush = !flush || strcmp(flush, "off") != 0;
	page = sys(ARCH_SYS_mmap, 0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		   0);
	if (page < 0 && page > -4096) {
		say("not recording: not enough address space (ulimit -v)", "", "");
		return false;
	}
	if (sys(SYS_madvise, page, 4096, MADV_WIPEONFORK) != 0) {
		say("not recording: this kernel has no MADV_WIPEONFORK", "", "");
		return false;
	}
	if (!prepare_paths()) {
		say("not recording: PLUGAUDIT_DB is too long", "", "");
		return false;
	}
	flush_find_plugreport();
	module.silent_bind_now = glibc_before(35);
	module.seccomp = sys(SYS_prctl, PR_GET_SECCOMP, 0, 0, 0, 0);
	if (sys(ARCH_SYS_fstat, 2, &st) == 0) {
		module.stderr_dev = st.st_dev;
		module.stderr_ino = st.st_ino;
	}
	if (find_spool_of((int)sys(SYS_getpid), false, &parent) ||
	    (sys(SYS_getppid) > 0 && find_spool_of((int)sys(SYS_getppid), true, &parent)))
		begin = SPOOL_BEGIN_EXEC;
	new_header(&own_identity, begin, begin == SPOOL_BEGIN_EXEC ? &parent : NULL,
		   begin == SPOOL_BEGIN_EXEC ? parent.tail : 0);
	/* "sh -c program": the first process goes on as another program, and still has the ingest
	 * to do. */
	if (begin == SPOOL_BEGIN_EXEC && parent.pid == own_identity.pid)
		own_identity.flags = parent.flags & SPOOL_FLAG_ROOT;
	module.root = (own_identity.flags & SPOOL_FLAG_ROOT) != 0;
	error = writer_create(&module.writer, module.database, &own_identity);
	if (error) {
		say("not recording: ", module.database, reason_for(error));
		return false;
	}
	if (!keep_identity()) {
		writer_discard(&module.writer);
		say("not recording: not enough memory", "", "");
		return false;
	}
	process_write();
	if (module.root && module.flush && !module.plugreport[0])
		say("no plugreport beside ", module.path,
		    ": the recording stays in a spool beside the database until plugreport reads "
		    "it");
	module.alive = (_Atomic uint32_t *)page;
	atomic_store(module.alive, 1);
	atomic_store(&module.state, STATE_RECORDING);
	return true;
}

int process_fork(uint64_t parent_tail)
{
	struct spool_header parent = own_identity;

	module.root = false;
	new_header(&own_identity, SPOOL_BEGIN_FORK, &parent, parent_tail);
	return writer_create(&module.writer, module.database, &own_identity);
}

bool process_is_own(void)
{
	return own_identity.pid == (int32_t)sys(SYS_getpid);
}
