/*
 * spool.h - the event log that libplugaudit.so writes and plugreport reads.
 *
 * This header is the format's specification and the only header of audit/ that report/ includes.
 *
 * A spool is one file per process image, "<database>.<pid>.spool", or "<database>.<pid>.<n>.spool"
 * with n = 2, 3, ... when that name is taken (an image before execve, or a pid used again).  The
 * writer maps it MAP_SHARED and closes the descriptor before the program's own code runs.  All
 * integers are in the writer's byte order; `machine` and `magic` tell whether it is the reader's.
 *
 * LIVENESS.  The writer holds flock(LOCK_EX) on the open file description that its mapping keeps
 * alive.  The kernel drops the lock when the last reference goes: at exit, execve or SIGKILL, never
 * before (the mapping is MADV_DONTFORK, so a forked child holds no reference).  A reader that gets
 * the lock with LOCK_EX | LOCK_NB therefore looks at a finished spool; one that does not, at a live
 * process.  Readers hold it for no longer than that test, since recorders that look for
 * their parent test it too.  Readers keep each other out by an open file description lock (fcntl
 * F_OFD_SETLK) on the whole file.  Before the magic is there, nobody but the writer may lock.
 *
 * LAYOUT.  One header of `header_size` bytes (struct spool_header, zero padded), then records.  The
 * file is sparse: its length is the room that the writer reserved addresses for (`capacity`), while
 * blocks exist only up to about `allocated`.
 *
 * RECORDS.  Each is a struct spool_record, 8-byte aligned, followed by its payload; `size` counts
 * both and is a multiple of 8.  The writer reserves room by an atomic addition to `tail`, stores
 * `size`, fills in the rest, and stores `check` last with release order.  So at any instant, also
 * after SIGKILL between any two instructions:
 *
 *     a record at offset o is valid if and only if
 *       o % 8 == 0, header_size <= o, o + size <= min(tail, file length),
 *       size >= sizeof(struct spool_record), size % 8 == 0, and
 *       check == spool_check(salt, o, record, size).
 *
 * READER.  Start at header_size and walk while offset < min(tail, file length).  If the record
 * there is valid, take it and go on at offset + size.  If not, it is a hole: a thread was killed
 * between reserving and committing, or (live process) has not committed yet, or the file was
 * damaged.  Go on at offset + 8 and report the hole [from, to) when the next valid record or the
 * end is met.  The check covers the salt and the offset, so bytes of a payload, of another spool or
 * of a moved record never validate.  A hole whose bytes are all zero, or that is shorter than
 * SPOOL_RECORD_MAX and has check == 0, is a torn record (normal after a kill); any other one is
 * damage.
 *
 * A record's offset divided by 8 is its `seq`: a position in the process's history that grows with
 * time of reservation and never changes, though it is not consecutive.
 *
 * LOSS.  What could not be recorded is counted in `lost_events` (and the reason in `lost_reason`);
 * readers must show it.
 */
#ifndef PLUGAUDIT_SPOOL_H
#define PLUGAUDIT_SPOOL_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define SPOOL_MAGIC       "PLUGSPL\n" /* 8 bytes, no terminator */
#define SPOOL_VERSION     1u          /* raised when old readers would misread */
#define SPOOL_HEADER_SIZE 4096u
#define SPOOL_SUFFIX      ".spool"
#define SPOOL_RECORD_MAX  (1u << 24) /* no record is larger */

/* Feature bits.  A reader refuses unknown incompatible bits and ignores unknown compatible ones. */
#define SPOOL_COMPAT_KNOWN   0u
#define SPOOL_INCOMPAT_KNOWN 0u

/* spool_header.begin_kind: how this process image began. */
enum spool_begin {
	SPOOL_BEGIN_START = 1, /* first image of a run: no recorded parent was found */
	SPOOL_BEGIN_EXEC = 2,  /* execve: the parent spool is the same process's former image, when
				  parent_pid == pid, else the process that started this one (fork or
				  vfork or posix_spawn, then execve) */
	SPOOL_BEGIN_FORK = 3, /* fork without execve: a copy of the parent's state at parent_tail */
};

/* spool_header.lost_reason: bits. */
#define SPOOL_LOST_NO_SPACE  1u  /* the file could not grow: disk full, quota, address space */
#define SPOOL_LOST_NO_MEMORY 2u  /* the module's own tables could not grow */
#define SPOOL_LOST_STACKS    4u  /* call stacks were skipped (counted in lost_stacks) */
#define SPOOL_LOST_TAPS      8u  /* more distinct dlopen-like functions than tap slots */
#define SPOOL_LOST_SANDBOX   16u /* the room ran out after the program put itself under seccomp */

/* spool_header.flags */
#define SPOOL_FLAG_ROOT  1u /* first process of the run: it starts the ingest at exit */
#define SPOOL_FLAG_ENDED 2u /* the module's destructor ran: the process ended by exit() */

struct spool_header {
	char magic[8];
	uint32_t version;
	uint32_t header_size;
	uint32_t feature_compat;
	uint32_t feature_incompat;
	uint32_t machine;        /* ELF e_machine of the process, e.g. EM_X86_64 */
	uint32_t word_size;      /* bytes of an address: 4 or 8 */
	uint8_t uuid[16];        /* random, names this spool */
	uint8_t run_uuid[16];    /* equal for all processes of one run; the first process's uuid */
	uint8_t parent_uuid[16]; /* zero when there is no recorded parent */
	uint64_t parent_tail;    /* tail of the parent's spool when this one began; 0 unknown.
				    After fork, the offset of its SPOOL_FORK */
	uint64_t salt;           /* random, goes into every check */
	uint64_t capacity;       /* length of the file and of the mapping */
	int32_t pid;
	int32_t ppid;
	int32_t parent_pid;    /* pid in the parent spool's header; 0 when there is none */
	uint32_t begin_kind;   /* enum spool_begin */
	uint64_t realtime_ns;  /* CLOCK_REALTIME when this image began */
	uint64_t monotonic_ns; /* CLOCK_MONOTONIC at the same moment: base of all `time` fields */
	/* The fields from here on change while the process runs; each is accessed atomically. */
	uint64_t tail;      /* next free offset; may pass `allocated` once the spool is full */
	uint64_t allocated; /* offset up to which blocks are reserved */
	uint64_t lost_events;
	uint64_t lost_stacks;
	uint32_t lost_reason; /* SPOOL_LOST_* */
	uint32_t flags;       /* SPOOL_FLAG_* */
	/* Of this process again.  Pids mean something only within one pid namespace. */
	uint64_t pid_namespace; /* inode of /proc/self/ns/pid; 0 unknown */
};

struct spool_record {
	uint32_t check; /* 0 until committed; see spool_check() */
	uint32_t size;  /* bytes, this header included; a multiple of 8 */
	uint16_t type;  /* enum spool_type */
	uint16_t flags; /* per type */
	uint32_t tid;   /* kernel thread id; 0 in SPOOL_BINDING and SPOOL_SYMBOL */
};

/*
 * Strings in payloads are counted: uint32_t length, the bytes, one NUL, zero padding to a multiple
 * of 4.  They are bytes as the process had them, never checked for UTF-8.
 * A string that did not exist at all (NULL, no such DT_ tag) has the length SPOOL_STRING_NONE and
 * no bytes.  Strings longer than SPOOL_STRING_MAX are cut there.
 */
#define SPOOL_STRING_NONE UINT32_MAX
#define SPOOL_STRING_MAX  (1u << 17)
#define SPOOL_FRAMES_MAX  256u

enum spool_type {
	SPOOL_PROCESS = 1,     /* struct spool_process: always the first record */
	SPOOL_OBJECT = 2,      /* struct spool_object */
	SPOOL_SEARCH = 3,      /* struct spool_search */
	SPOOL_ACTIVITY = 4,    /* struct spool_event, value = LA_ACT_* */
	SPOOL_CLOSE = 5,       /* struct spool_event: la_objclose */
	SPOOL_PREINIT = 6,     /* struct spool_event: all is relocated, no constructor has run;
				  see below */
	SPOOL_SYMBOL = 7,      /* struct spool_symbol: before its first binding */
	SPOOL_BINDING = 8,     /* struct spool_binding */
	SPOOL_CALL = 9,        /* struct spool_call */
	SPOOL_END = 10,        /* struct spool_event: exit() reached the module's destructor */
	SPOOL_VERSIONS = 11,   /* struct spool_versions: before an object's first references */
	SPOOL_REFERENCES = 12, /* struct spool_references: what a walk of relocations found */
	SPOOL_UNBOUND = 13,    /* struct spool_unbound: lazy slots that nobody called through yet */
	SPOOL_FORK = 14,       /* struct spool_event: fork is about to be made.  The child's spool
				  has this record's offset as parent_tail; when there is none, the
				  child could not create it, or fork failed */
};

/* Where and when an event other than a binding happened. */
struct spool_when {
	uint64_t time; /* ns since spool_header.monotonic_ns */
	uint64_t sp;   /* stack pointer, as close to the caller as the module can tell */
};

/*
 * spool_process.  Strings: exe (/proc/self/exe), cwd, glibc version, module path, AT_PLATFORM, then
 * `argc` arguments, then `env_count` "NAME=value" of LD_* and GLIBC_TUNABLES and of PLUGAUDIT_*.
 */
struct spool_process {
	struct spool_when when;
	uint32_t uid;
	uint32_t gid;
	uint32_t argc; /* as recorded; SPOOL_PROCESS_CUT tells that there were more */
	uint32_t env_count;
	uint32_t audit_version; /* the version negotiated in la_version */
	uint32_t audit_offered; /* the version ld.so offered */
	uint64_t module_base;   /* where libplugaudit.so is mapped, for frames in the module */
};
#define SPOOL_PROCESS_CUT 1u /* record flag: argv or environment was too long to keep */

/* spool_object.kind */
enum spool_object_kind {
	SPOOL_OBJECT_LIBRARY = 1,
	SPOOL_OBJECT_MAIN = 2,
	SPOOL_OBJECT_LDSO = 3,
	SPOOL_OBJECT_VDSO = 4,
	SPOOL_OBJECT_UNOPENED = 5, /* ld.so passed a cookie it never opened: a namespace's ld.so
				      entry, or the head of a namespace before its objopen */
};

/*
 * spool_object: one link map.  Objects are numbered from 1 in the order of their la_objopen; a
 * number is never used again.
 * Then `segment_count` struct spool_segment, then the strings: l_name, real path (as the kernel
 * names the opened file), SONAME, build-id (raw bytes), RPATH, RUNPATH, then `needed_count`
 * DT_NEEDED.
 */
struct spool_object {
	struct spool_when when;
	uint32_t object;
	int32_t name_space; /* Lmid_t */
	uint32_t kind;      /* enum spool_object_kind */
	uint32_t needed_count;
	uint32_t segment_count;
	uint32_t cookie_known; /* 0 when found through an unknown cookie */
	uint64_t link_map;     /* address of struct link_map: also the handle dlopen returns */
	uint64_t load_bias;    /* l_addr */
	uint64_t map_start;    /* lowest mapped address; 0 unknown */
	uint64_t map_end;      /* first address past the highest segment; 0 unknown */
	uint64_t dynamic;      /* l_ld */
	uint64_t dev;          /* 0 with ino 0: no file (vDSO) or it could not be opened any more */
	uint64_t ino;
	uint64_t file_size;
	uint64_t mtime_ns;
	uint64_t flags;     /* DT_FLAGS */
	uint64_t flags_1;   /* DT_FLAGS_1 */
	uint64_t elf_flags; /* SPOOL_ELF_* */
};
#define SPOOL_OBJECT_INHERITED 1u /* record flag: a forked child's copy of the parent's object */

/* spool_object.elf_flags: dynamic-section facts not in DT_FLAGS. */
#define SPOOL_ELF_SYMBOLIC  1u /* DT_SYMBOLIC */
#define SPOOL_ELF_TEXTREL   2u /* DT_TEXTREL */
#define SPOOL_ELF_BIND_NOW  4u /* DT_BIND_NOW */
#define SPOOL_ELF_GNU_HASH  8u
#define SPOOL_ELF_SYSV_HASH 16u
#define SPOOL_ELF_VERSYM    32u
#define SPOOL_ELF_TLS       64u  /* has PT_TLS */
#define SPOOL_ELF_STACK     128u /* has PT_GNU_STACK */
#define SPOOL_ELF_EXECSTACK 256u /* PT_GNU_STACK with PF_X */

struct spool_segment {
	uint64_t vaddr; /* p_vaddr, without the load bias */
	uint64_t memsz;
	uint64_t offset; /* p_offset */
	uint32_t flags;  /* PF_* */
	uint32_t type;   /* PT_LOAD, PT_GNU_RELRO, PT_TLS ... */
};

/* spool_search: one la_objsearch.  `dev` and `ino` are those of the file, for LA_SER_ORIG with a
 * slash in the name: a file that is loaded under another name gives no further event.  Then
 * `frame_count` uint64_t (innermost first), then the string name. */
struct spool_search {
	struct spool_when when;
	uint32_t requester;   /* object number; 0 unknown */
	uint32_t origin;      /* LA_SER_* */
	uint32_t frame_count; /* return addresses, when this search was asked for by a caller */
	uint32_t reserved;
	uint64_t dev; /* 0 with ino 0: not looked at, or there is no such file */
	uint64_t ino;
};
#define SPOOL_SEARCH_ROOT                                                       \
	1u /* record flag: the namespace was consistent: a request from outside \
	      (dlopen or libc itself), not a DT_NEEDED of an object being loaded */

/*
 * spool_event: ACTIVITY, CLOSE, PREINIT, END, FORK.
 *
 * PREINIT comes from the program's own LA_ACT_CONSISTENT, before the first constructor.  The first
 * recorders of this version wrote it from la_preinit, which libc calls when all constructors have
 * run, the program's too, and main() is next.  The header does not tell the two apart.  In such a
 * spool, what constructors did (loads, lazy bindings) comes before PREINIT, like a part of the
 * start.  Either way it comes after the objects of the start.
 */
struct spool_event {
	struct spool_when when;
	uint32_t object;
	uint32_t value;
};

/* spool_symbol: the definition `index` of the object `object`.  Strings: name, version (of the
 * definition; none for unversioned). */
struct spool_symbol {
	uint32_t object;
	uint32_t index;  /* in the defining object's .dynsym */
	uint64_t value;  /* st_value as ld.so passed it less the load bias */
	uint64_t size;   /* st_size */
	uint8_t info;    /* st_info: binding and type */
	uint8_t other;   /* st_other: visibility */
	uint16_t versym; /* version index, hidden bit included; 0 none */
	uint32_t reserved;
};

/* spool_binding: one la_symbind.  The symbol is named by (to, symbol). */
struct spool_binding {
	uint32_t from;    /* referring object; for dlsym the caller */
	uint32_t to;      /* defining object */
	uint32_t symbol;  /* index in to's .dynsym */
	uint32_t flags;   /* LA_SYMB_* as ld.so passed them */
	uint64_t address; /* what ld.so chose, before any tap */
};

/*
 * spool_versions: the symbol versions that an object's version table (DT_VERSYM) refers to. `count`
 * times: uint32_t index, then the string name.
 */
struct spool_versions {
	uint32_t object;
	uint32_t count;
};

enum spool_reference_kind {
	SPOOL_REFERENCE_PLT = 1,       /* R_*_JUMP_SLOT */
	SPOOL_REFERENCE_GOT = 2,       /* R_*_GLOB_DAT */
	SPOOL_REFERENCE_ABS = 3,       /* R_X86_64_64 and the like: a pointer in data */
	SPOOL_REFERENCE_COPY = 4,      /* R_*_COPY: the definition that was copied from */
	SPOOL_REFERENCE_TLS = 5,       /* DTPMOD, DTPOFF, TPOFF, TLSDESC */
	SPOOL_REFERENCE_IRELATIVE = 6, /* R_*_IRELATIVE: an IFUNC of the object's own, which no
					  symbol is looked up for */
};

/* spool_reference.flags */
#define SPOOL_REFERENCE_WEAK    1u  /* the reference is weak: it may stay undefined */
#define SPOOL_REFERENCE_UNBOUND 2u  /* lazy and not called yet, or undefined weak: `to` is 0 */
#define SPOOL_REFERENCE_IFUNC   4u  /* the definition is an IFUNC; `address` is what it chose */
#define SPOOL_REFERENCE_BY_NAME 8u  /* the slot does not name the definer: found by name */
#define SPOOL_REFERENCE_TAPPED  16u /* the slot now holds a tap's thunk */

/*
 * spool_references: bindings of one object, read from its relocated slots.  PLT slots that
 * la_symbind reported are left out when nothing is to be added.  `count` times struct
 * spool_reference, then for each entry with `to` == 0, in order, the string name (none for
 * SPOOL_REFERENCE_IRELATIVE).
 */
struct spool_references {
	struct spool_when when;
	uint32_t from;
	uint32_t count;
};

/*
 * spool_unbound: PLT slots of `from` that still lead to the resolver, as `count` times the uint32_t
 * index in from's .dynsym.  Their names are in the file; reading them from memory would bring in
 * pages that the process may never need.  A later SPOOL_BINDING tells when one is bound.
 */
struct spool_unbound {
	uint32_t from;
	uint32_t count;
};

/*
 * In an entry of the kind SPOOL_REFERENCE_IRELATIVE, `to` is the object that holds the chosen
 * function (0: none does), `symbol` is 0, and `own` the offset of the resolver from from's load
 * address, less than 2^31.  Whether from's .dynsym has a name for the IFUNC, the file tells.
 */
struct spool_reference {
	uint32_t to;      /* defining object; 0 none */
	uint32_t symbol;  /* index in to's .dynsym */
	uint32_t own;     /* index in from's .dynsym */
	uint16_t kind;    /* enum spool_reference_kind */
	uint16_t version; /* index in from's version table, hidden bit cleared; 0 and 1: none */
	uint32_t slots;   /* relocations that share this */
	uint32_t flags;
	uint64_t address; /* what the slot holds less the addend; 0 for TLS */
};

enum spool_call_kind {
	SPOOL_CALL_DLOPEN = 1,
	SPOOL_CALL_DLMOPEN = 2,
	SPOOL_CALL_DLCLOSE = 3,
	SPOOL_CALL_DLSYM = 4,
	SPOOL_CALL_DLVSYM = 5,
	SPOOL_CALL_THREAD_ATEXIT = 6, /* __cxa_thread_atexit_impl: until the thread ends, its
					 destructor keeps an object mapped.  Told once for each
					 thread and object, seldom twice */
};

/* spool_call: one call of a tapped function, at entry.  Then `frame_count` uint64_t return
 * addresses, innermost first (frames[0] is in the caller), then the strings: name (file or symbol;
 * none for NULL), version (dlvsym). */
struct spool_call {
	struct spool_when when; /* sp: the caller's, just before the call pushed */
	uint32_t kind;          /* enum spool_call_kind */
	uint32_t frame_count;
	uint64_t caller;    /* return address */
	uint64_t target;    /* the real function */
	uint64_t handle;    /* dlclose, dlsym, dlvsym; RTLD_DEFAULT is 0, RTLD_NEXT is -1.
			       __cxa_thread_atexit_impl: an address in the object that is kept */
	int64_t name_space; /* dlmopen's first argument */
	uint32_t flags;     /* dlopen, dlmopen: RTLD_* */
	uint32_t from;      /* object number of the caller as the module knew it; 0 unknown */
};
/* Record flags of SPOOL_CALL and SPOOL_SEARCH about the stack. */
#define SPOOL_STACK_CUT     0x100u /* more than SPOOL_FRAMES_MAX frames */
#define SPOOL_STACK_SKIPPED 0x200u /* the unwinder was busy or unusable: no frames */
#define SPOOL_STACK_BROKEN  0x400u /* the unwinder gave up before the outermost frame */

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "spool_check reads little-endian words");
_Static_assert(sizeof(struct spool_header) == 184, "spool header");
_Static_assert(offsetof(struct spool_header, parent_tail) == 80, "spool header");
_Static_assert(offsetof(struct spool_header, tail) == 136, "spool header");
_Static_assert(offsetof(struct spool_header, flags) == 172, "spool header");
_Static_assert(sizeof(struct spool_record) == 16, "spool record");
_Static_assert(sizeof(struct spool_when) == 16, "spool when");
_Static_assert(sizeof(struct spool_process) == 48, "spool process");
_Static_assert(sizeof(struct spool_object) == 136, "spool object");
_Static_assert(sizeof(struct spool_segment) == 32, "spool segment");
_Static_assert(sizeof(struct spool_search) == 48, "spool search");
_Static_assert(sizeof(struct spool_event) == 24, "spool event");
_Static_assert(sizeof(struct spool_symbol) == 32, "spool symbol");
_Static_assert(sizeof(struct spool_binding) == 24, "spool binding");
_Static_assert(sizeof(struct spool_call) == 64, "spool call");
_Static_assert(sizeof(struct spool_versions) == 8, "spool versions");
_Static_assert(sizeof(struct spool_unbound) == 8, "spool unbound");
_Static_assert(sizeof(struct spool_references) == 24, "spool references");
_Static_assert(sizeof(struct spool_reference) == 32, "spool reference");

/* Bytes that a counted string of `length` bytes takes in a payload. */
static inline size_t spool_string_size(size_t length)
{
	return 4 + ((length + 1 + 3) & ~(size_t)3);
}

/*
 * The check word of a record: a 64-bit multiply-rotate hash over everything behind `check` itself,
 * seeded with salt and offset, folded to 32 bits; never 0.  Not cryptographic: it tells torn, stale
 * and damaged records from whole ones.  `record` is 8-byte aligned and `size` a multiple of 8.
 */
static inline uint32_t spool_check(uint64_t salt, uint64_t offset, const void *record, size_t size)
{
	const unsigned char *p = record;
	uint64_t hash = (salt ^ offset) * 0x9e3779b97f4a7c15u;

	for (size_t i = 0; i < size; i += 8) {
		uint64_t word;

		memcpy(&word, p + i, 8);
		if (i == 0)
			word = word >> 32 << 32 | 0x5370u; /* not the check itself */
		hash = (hash ^ word) * 0xff51afd7ed558ccdu;
		hash ^= hash >> 29;
	}
	hash ^= hash >> 32;
	return (uint32_t)hash ? (uint32_t)hash : 1;
}

#endif
