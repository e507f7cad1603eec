/*
 * module.h - private to audit/: what the parts of libplugaudit.so know of each other.
 *
 * The module is a guest in somebody's process.  Nothing here allocates with malloc once the process
 * has started, waits for a lock, or touches memory that it has not checked.  Callbacks that ld.so
 * makes under its load lock (all but la_symbind) have one caller at a time; la_symbind and the
 * taps run in any thread, in signal handlers, on any stack.
 */
#ifndef PLUGAUDIT_MODULE_H
#define PLUGAUDIT_MODULE_H

#include <link.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "audit/arch.h"
#include "audit/spool.h"

/* ---- system.c: the kernel, seen from a guest ---- */

#define PATH_ROOM 4096

uint64_t monotonic_now(void); /* CLOCK_MONOTONIC, ns */
uint64_t clock_now(int clock);
uint32_t thread_id(void); /* 0 when system calls are not allowed any more */

/* Block all signals; signals_restore() with what this returned, also when that failed. */
#define SIGNALS_NOT_BLOCKED (~(uint64_t)0) /* is no mask: SIGKILL is in none */
uint64_t signals_block(void);
void signals_restore(uint64_t mask);

/* Can the 8 bytes at `address` be read?  Asks the kernel, touches nothing. */
bool is_readable(uintptr_t address);

/* fstat(2), twice when it fails: a descriptor that is open must not be taken for one that is not.
 */
struct stat;
bool look_at_descriptor(long fd, struct stat *st);

/* Path of the file that is mapped at `address`, from /proc/self/maps; false when there is none. */
bool find_mapped_file(uintptr_t address, char *path, size_t room);

/* One line "plugaudit: <a><b><c>" on stderr, unless PLUGAUDIT_QUIET is set; the first call only.
 * What is not printable ASCII comes out as \xNN. */
void say(const char *a, const char *b, const char *c);

/*
 * Memory, zeroed, from anonymous mappings; NULL when there is none.  arena_free() takes it back,
 * for later arena_alloc() only: it stays mapped.  `place` may be NULL; `size` is what was asked
 * for. One caller at a time (ld.so's load lock).
 */
void *arena_alloc(size_t size);
void arena_free(void *place, size_t size);

/* dst = a + b + c, cut to `room` with a terminator; false when it was cut. */
bool join(char *dst, size_t room, const char *a, const char *b, const char *c);
char *format_number(char *end, uint64_t value); /* decimal, written backwards from end */
const char *find_variable(char *const *environment, const char *name);

/* ---- writer.c: the spool ---- */

enum writer_full {
	WRITER_FULL = 1, /* growing failed: lose from now on */
	WRITER_ENDED,    /* writer_finish(): nothing is a loss any more */
};

/*
 * The file's addresses are mapped as far as they are needed, from the start each time: a longer
 * mapping is added and the shorter ones stay for threads that are in the middle of a record.
 */
#define WRITER_MAPS 6

struct writer_map {
	unsigned char *base;
	uint64_t length;
};

struct writer {
	struct writer_map maps[WRITER_MAPS];
	_Atomic uint32_t map_count; /* 0: not recording */
	_Atomic uint32_t mapping;   /* a thread is adding a mapping */
	struct spool_header *header;
	uint64_t salt;
	uint64_t capacity;
	_Atomic uint32_t full; /* 0, or enum writer_full */
	int fd;                /* until the program runs; -1 then */
	uint64_t dev, ino;     /* of the file, for growing on old kernels */
	char path[PATH_ROOM];
};

/*
 * Create "<database>.<pid>[.<n>].spool" and map it.  `header` gives the identity; layout fields are
 * filled in here.  Returns 0 or a negative errno; nothing is left behind then.
 */
int writer_create(struct writer *writer, const char *database, const struct spool_header *header);

/* Path of the n-th spool of a process, n from 1; false when it does not fit. */
bool writer_path(char *path, size_t room, const char *database, int pid, uint32_t n);

/*
 * Reserve a record of `payload` bytes (rounded up).  Returns the place of the payload, zeroed, or
 * NULL when it is lost (counted).  writer_commit() makes it valid.
 */
void *writer_reserve(struct writer *writer, enum spool_type type, uint32_t flags, uint32_t tid,
		     size_t payload);
void writer_commit(struct writer *writer, void *payload);
uint64_t writer_offset(const struct writer *writer, const void *payload); /* of its record */
void writer_lost(struct writer *writer, uint32_t reason);

/* Make `room` bytes of room now, so that la_symbind seldom has to.  Not for the hot path. */
#define HEADROOM ((size_t)64 << 10)
void writer_prepare(struct writer *writer, size_t room);

/* Close the descriptor: from now on the program's own code runs, which may close any and use its
 * number again. */
void writer_close_file(struct writer *writer);

/* Undo writer_create(), before anybody else writes. */
void writer_discard(struct writer *writer);

/* Stop: further records go nowhere, the file's lock is free, the memory stays writable for
 * threads that are in the middle of a record.  False: the lock could not be freed. */
bool writer_finish(struct writer *writer);

/* Is there a spool to write to? */
bool writer_is_open(const struct writer *writer);

/* Append a counted string at `p`; returns what follows.  NULL is recorded as absent. */
unsigned char *put_string(unsigned char *p, const char *s);
unsigned char *put_bytes(unsigned char *p, const void *bytes, size_t length);
size_t string_room(const char *s); /* bytes put_string() takes */
size_t bytes_room(size_t length);  /* bytes put_bytes() takes */

/* ---- thread_signals.c: the two signals that libpthread takes for itself ---- */

/* What they did before the module's own libpthread, where it has one, they do again. */
void thread_signals_put_back(void);

/* ---- process.c: this process image ---- */

struct object;

struct module {
	struct writer writer;
	_Atomic uint32_t state;  /* enum module_state */
	_Atomic uint32_t *alive; /* in a MADV_WIPEONFORK page: 0 in a forked child */
	bool secure, quiet, flush, root;
	bool valgrind;               /* runs this process */
	bool started;                /* all is relocated, and code of the program runs */
	bool silent_bind_now;        /* glibc before 2.35 */
	uint32_t group;              /* of objects that are opened now */
	_Atomic uint32_t opener;     /* thread that opened the newest object */
	_Atomic uintptr_t opener_sp; /* stack pointer of its dlopen call; 0 unknown */
	_Atomic uint32_t caller;     /* thread of the last dlopen call, and where */
	_Atomic uintptr_t caller_sp;
	bool loading; /* between LA_ACT_ADD and LA_ACT_CONSISTENT or DELETE */
	uint32_t audit_version, audit_offered;
	uint64_t epoch;   /* CLOCK_MONOTONIC when this image began */
	size_t page_size; /* the kernel's and ld.so's: 4, 16 or 64 KiB on aarch64 */
	char **argv, **environment;
	int argc;
	unsigned char *identity; /* strings of SPOOL_PROCESS behind cwd, kept for forked children */
	size_t identity_size;
	uint32_t identity_argc, identity_env, identity_flags;
	char database[PATH_ROOM]; /* absolute */
	char path[PATH_ROOM];     /* of this module, absolute */
	char plugreport[PATH_ROOM];
	uint64_t plugreport_dev, plugreport_ino;
	uintptr_t base, end;     /* of this module */
	uintptr_t unwind_header; /* its .eh_frame_hdr */
	long seccomp;            /* PR_GET_SECCOMP at the start */
	uint64_t stderr_dev, stderr_ino;
	const char *exe;     /* NULL unknown */
	struct object *libc; /* the program's own */
};
extern struct module module;

enum module_state { STATE_OFF, STATE_RECORDING, STATE_FORKING, STATE_ENDED };

/* First thing in la_version: begin to record.  False: this process is not recorded, and nothing is
 * left behind. */
bool process_start(unsigned int offered, unsigned int version);

/* Write the SPOOL_PROCESS record. */
void process_write(void);

/* In a forked child: take on its identity, and create its spool.  `parent_tail` is for its header.
 * Returns 0 or a negative errno. */
int process_fork(uint64_t parent_tail);

/* False in a forked child whose identity is still its parent's. */
bool process_is_own(void);

/*
 * True when events can be recorded now.  In a forked child, where the parent's spool is not mapped,
 * it first gives the child a spool of its own.
 */
bool fork_ready(void); /* fork.c: the same, slowly */
static inline bool process_ready(void)
{
	if (__builtin_expect(atomic_load_explicit(&module.state, memory_order_acquire) ==
					     STATE_RECORDING &&
				     atomic_load_explicit(module.alive, memory_order_relaxed),
			     1))
		return true;
	return fork_ready();
}

/* fork.c: register with the program's libc to hear of forks. */
void fork_watch(void);

/* flush.c: hand the finished spool to plugreport; called by the destructor. */
void flush_find_plugreport(void);
void flush_run(void);

/* May la_version answer 0?  Not when a library that the module needs can't be unloaded. */
bool flush_can_unload(void);

/* ---- objects.c: link maps ---- */

#define OBJECT_MAGIC 0x706c7567617564a5u

struct object {
	uint64_t magic; /* first: tells our cookies from ld.so's own */
	uint32_t number;
	enum spool_object_kind kind;
	int32_t name_space;
	bool is_libc; /* libc.so.6 or libdl.so.2: its dlopen and friends are the real ones */
	_Atomic bool open;
	struct object *next, *previous; /* open, in the order they were opened */
	struct link_map *map;
	uintptr_t bias, start, end;
	uintptr_t unwind_header; /* .eh_frame_hdr; 0 none */
	/* Dynamic section, absolute addresses; 0 absent. */
	uintptr_t symbols, strings, string_size, versyms, versions, gnu_hash, sysv_hash;
	uintptr_t needs; /* DT_VERNEED */
	uintptr_t relocations, plt_relocations;
	size_t relocation_count, relative_count, plt_relocation_count;
	uintptr_t relro_start, relro_end;
	uint32_t version_count, need_count;
	const char **defined_versions, **needed_versions; /* by index; NULL none */
	uint32_t defined_version_count, needed_version_count;
	_Atomic bool mixed;    /* versions, but not for all of its definitions */
	uint32_t opener;       /* thread */
	uint32_t group;        /* counts LA_ACT_ADD: objects of one dlopen share it; 0 the start */
	_Atomic uint32_t walk; /* enum walk_state */
	uint32_t walked;       /* relocations_walks() after that */
	uintptr_t tls_module;  /* number of its TLS block; 0 not known (yet) */
	uintptr_t tls_offset;  /* of its TLS block from the thread pointer; 0 not known, or none */
	uint32_t symbol_limit; /* bits in `written` */
	_Atomic uint32_t *written; /* symbols whose SPOOL_SYMBOL record exists */
	unsigned char *record;     /* payload of its SPOOL_OBJECT, for forked children */
	uint32_t record_size, record_room;
#ifdef ARCH_RELOC_REL
	struct kept_addend *addends;
	uint32_t addend_count;
#endif
	uint32_t retired_group; /* module.group when it was closed */
	bool retired;
};

/*
 * Relocations, as this machine has them.  With Elf32_Rel the addend stands in the slot until ld.so
 * relocates the object: then addends.c has kept it.
 */
#if __ELF_NATIVE_CLASS == 64
#define RELOC_SYMBOL(r) ELF64_R_SYM((r)->r_info)
#define RELOC_TYPE(r)   ELF64_R_TYPE((r)->r_info)
#else
#define RELOC_SYMBOL(r) ELF32_R_SYM((r)->r_info)
#define RELOC_TYPE(r)   ELF32_R_TYPE((r)->r_info)
#endif
#ifdef ARCH_RELOC_REL
typedef ElfW(Rel) elf_reloc;
enum { RELOC_TABLE = DT_REL, RELOC_SIZE = DT_RELSZ, RELOC_RELATIVE = DT_RELCOUNT };

void addends_prepare(struct object *object); /* when it is opened: nothing is relocated yet */
void addends_release(struct object *object);
uintptr_t addends_of(const struct object *object, const elf_reloc *reloc);
#else
typedef ElfW(Rela) elf_reloc;
enum { RELOC_TABLE = DT_RELA, RELOC_SIZE = DT_RELASZ, RELOC_RELATIVE = DT_RELACOUNT };

static inline void addends_prepare(struct object *object)
{
	(void)object;
}

static inline void addends_release(struct object *object)
{
	(void)object;
}

static inline uintptr_t addends_of(const struct object *object, const elf_reloc *reloc)
{
	(void)object;
	return (uintptr_t)reloc->r_addend;
}
#endif

struct object *objects_open(struct link_map *map, Lmid_t name_space);
struct object *objects_open_unknown(struct link_map *map); /* is not in the list of open ones */
void objects_close(struct object *object);                 /* nothing, when it is not open */

/* All is recorded of a closed object: what it takes is given to one that is opened later. */
void objects_retire(struct object *object);

/* The object behind an audit cookie, or NULL: ld.so passes the link map's address for objects that
 * it never announced. */
struct object *objects_from_cookie(const uintptr_t *cookie);

/* The open object that `address` lies in, or NULL.  Any thread. */
struct object *objects_at(uintptr_t address);
struct object *objects_by_map(const struct link_map *map);

/* In a forked child: write all open objects anew, forget which symbols were written. */
void objects_inherit(void);

/* Does an object that was loaded at the start refer to dlopen or dlmopen? */
bool objects_refer_to_dlopen(void);

/* file.c: the file that ld.so opened by the name `path` a moment ago. */
struct file_facts {
	bool known; /* dev, ino, size, mtime_ns */
	uint64_t dev, ino, size, mtime_ns;
	char real_path[PATH_ROOM]; /* as the kernel names it; "" unknown */
};
void file_look(const char *path, struct file_facts *file);

/* elf_read.c: what an object's headers in memory say, or else the file `path`. */
struct elf_facts {
	const ElfW(Phdr) * headers;
	uint32_t header_count;
	ElfW(Phdr) copy[32]; /* headers read from the file when they are not in memory */
	uint64_t flags, flags_1, elf_flags;
	const char *soname, *rpath, *runpath;
	const ElfW(Dyn) * dynamic;
	const unsigned char *build_id;
	uint32_t build_id_size;
};
void elf_read(struct object *object, const char *path, struct elf_facts *facts);
/* Next DT_NEEDED name; *ret_at starts as NULL; NULL at the end. */
const char *elf_next_needed(const struct object *object, const struct elf_facts *facts,
			    const ElfW(Dyn) * *at);

/* versions.c: the names in an object's version tables, indexed when it is opened. */
void versions_prepare(struct object *object);
void versions_release(struct object *object);
uint32_t versions_count(const struct object *object); /* all indexes are less */
/* Name of entry `index`, needed or defined; NULL for none. */
const char *versions_name(const struct object *object, uint32_t index);
/* The version that the object's own definition has; NULL none.  *ret_versym gets its entry in
 * DT_VERSYM, hidden bit included. */
const char *versions_of_definition(const struct object *object, uint32_t symbol,
				   uint16_t *ret_versym);

/* Copy the open objects of all namespaces; returns how many. */
uint32_t objects_copy_live(struct object **place, uint32_t room);
struct object *objects_first(void); /* of the open ones; object->next */
#define LIVE_MAX 8192

/* ---- symbols.c: an object's symbol table ---- */

/* Count the symbols, and have room to note which of them were recorded. */
void symbols_prepare(struct object *object);
void symbols_release(struct object *object);

/* Write the SPOOL_SYMBOL record of symbol `index`, whose value without the load bias is `value`,
 * unless it was written before.  Any thread. */
void symbols_write(struct object *object, uint32_t index, const ElfW(Sym) * symbol, uintptr_t value,
		   const char *name);

/* Goes through the definitions of one name (versions) in an object. */
struct symbol_cursor {
	const char *name;
	uint32_t gnu_hash, next;
	bool sure; /* the definition is there: no need for the Bloom filter */
	bool plt;  /* take an executable's PLT entry (undefined, but with a value) for a definition
		      too */
};
void symbol_cursor_init(struct symbol_cursor *cursor, const char *name);

/* The next definition, or NULL. */
const ElfW(Sym) * symbols_next_definition(const struct object *object, struct symbol_cursor *cursor,
					  uint32_t *ret_index);

/* Address of the exported function `name`, or 0. */
uintptr_t symbols_find_function(const struct object *object, const char *name);

/* ---- lookup.c: the definition behind a relocated slot ---- */

/* A walk of about `relocations` begins: make room to remember what is found at which address. */
void lookup_begin(size_t relocations);
void lookup_forget(void); /* see walk_forget() */

/* lookup_at() will be asked about `address` soon. */
void lookup_prefetch(uintptr_t address);

/*
 * The definition of `name` in `definer` that lies at `address`, or its IFUNC, for a reference of
 * `from` with the kind and version in `r`.  Fills in definer, symbol and flags; false: there is
 * none.
 */
bool lookup_at(const struct object *from, struct object *definer, const char *name,
	       uintptr_t address, struct spool_reference *r);

/* The same where the slot does not lead to the definition: COPY, TLS, an IFUNC that chose another
 * object's function. */
bool lookup_by_name(struct object *from, const char *name, const elf_reloc *reloc,
		    struct spool_reference *r);

/* A relocation without symbol: learn the object's TLS module number from it. */
void lookup_note_module(struct object *object, const elf_reloc *reloc);

/* ---- walk.c: one object's relocations ---- */

enum walk_state { WALK_PENDING, WALK_BUSY, WALK_DONE };

/* Learn where objects are now, to walk about `relocations` of them.  One walk at a time, and no
 * object is closed during it: relocations.c sees to that. */
void walk_begin(size_t relocations);

/* A thread was walking that this forked child has not got: forget what it left half done. */
void walk_forget(void);

/* Record what an object's slots tell, unless that was done before.  `dying`: it may be that it was
 * never relocated. */
void walk_object(struct object *object, bool dying);

/* ---- relocations.c: bindings that ld.so makes without telling auditors ---- */

/*
 * Walk the relocations of the objects that were opened and not walked yet.  To be called when they
 * are known to be relocated: before the first constructor, and at the first event after the dlopen
 * that loaded them, by a caller that holds ld.so's load lock or by the thread that opened them.
 */
enum catch_up {
	CATCH_UP_LOCKED, /* ld.so's load lock is held, and no dlopen is under way */
	CATCH_UP_DELETE, /* the same, but the newest objects may be of a dlopen that failed */
	CATCH_UP_OPENER, /* a tap after the dlopen returned, maybe in the thread that opened them */
	CATCH_UP_CHILD,  /* see relocations_catch_up_child() */
};
void relocations_catch_up(enum catch_up how);

/* The same for one object that is about to be unmapped, and objects_close() for it; no walk in
 * another thread sees it from then on. */
void relocations_close(struct object *object);

/* What the thread that forks knew just before; all 0: it is not known. */
struct fork_place {
	uint64_t offset; /* in its spool, of what the child inherits */
	uint32_t tid;
	uint32_t walks; /* that were over */
};
uint32_t relocations_walks(void);

/* In a forked child: what its parent's threads had opened, and not walked before `place`. */
void relocations_after_fork(const struct fork_place *place);
void relocations_catch_up_child(const struct fork_place *place);

/* ---- stack.c: call stacks ---- */

void stack_start(void);  /* set up now what the first stack needs; otherwise it does */
void stack_forget(void); /* an object went: drop cached unwind information */
void stack_after_fork(void);

/*
 * One of a few unwinders with a stack and a frame buffer of its own; NULL when all are in use
 * (other threads, or this thread interrupted by a signal) or unwinding is not possible.
 */
struct stack_taker;
struct stack_taker *stack_borrow(void);
struct stack_taker *stack_borrow_room(void); /* for stack_run() only: unwinding need not work */
void stack_give_back(struct stack_taker *taker);

/*
 * Unwind from `context`, whose pc becomes the first frame; frames of this module are left out.
 * Returns how many frames there are in stack_frames(), *ret_flags gets SPOOL_STACK_*.
 */
uint32_t stack_unwind(struct stack_taker *taker, const struct arch_context *context,
		      uint32_t *ret_flags);
const uint64_t *stack_frames(const struct stack_taker *taker);

/* Call function(argument) on the unwinder's stack. */
void stack_run(struct stack_taker *taker, void (*function)(void *), void *argument);

/* ---- taps.c: dlopen and friends ---- */

/* What to return from la_symbind for this definition: a thunk, or `value` itself. */
uintptr_t taps_redirect(const struct object *definer, const char *name, uintptr_t value);

/* May taps_redirect() answer with a thunk, for a definition of this name? */
bool taps_know(const char *name);

#endif
