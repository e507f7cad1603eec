/*
 * words.h - recorded things as people write them.  All append to a strbuf, escaped; nothing here
 * is part of the JSON interface, except the *_to_json functions.
 */
#ifndef PLUGREPORT_WORDS_H
#define PLUGREPORT_WORDS_H

#include "report/model/recording.h"
#include "report/render/render.h"

/* Escaped string; NULL appends nothing. */
void add_name(struct strbuf *sb, const char *name);

/* Time since the start: "0.41 ms", "12.4 ms", "1.52 s". */
void add_time(struct strbuf *sb, uint64_t ns);
/* Point in time: "2024-11-21 03:07:15" in local time. */
void add_date(struct strbuf *sb, uint64_t realtime_ns);
/* "12", "1,234" */
void add_number(struct strbuf *sb, uint64_t number);
/* "1 object", "12 objects", "1,234 objects". */
void add_count(struct strbuf *sb, uint64_t count, const char *one, const char *many);
/* "512 bytes", "3.4 MiB" */
void add_size(struct strbuf *sb, uint64_t bytes);

/* "4242 python3" */
void add_process(struct strbuf *sb, const struct recording *rec);

/*
 * The end of an object's path that tells it from the process's other files: its file name, and as
 * many directories before it as that takes.  Not escaped; points into the recording.  Looks at all
 * objects, unless name_objects() did so for all of them.
 */
const char *object_name(const struct recording *rec, int object);
void name_objects(struct recording *rec);

/* object_name(), with the namespace when it is not the base namespace; "an unknown object" for
 * NONE. */
void add_object(struct strbuf *sb, const struct recording *rec, int object);
/* " (namespace 2)" when it is not the base namespace. */
void add_namespace(struct strbuf *sb, const struct recording *rec, int object);

/* A symbol, demangled unless no_demangle. */
void add_symbol(struct strbuf *sb, const char *symbol, bool no_demangle);

/* "RTLD_NOW|RTLD_GLOBAL" */
void add_dlopen_flags(struct strbuf *sb, uint32_t flags);

/* "dlopen("x.so", RTLD_NOW)", "dlsym(libx.so, "f")", "dlclose(libx.so)". */
void add_call(struct strbuf *sb, const struct recording *rec, int call, bool no_demangle);

/* "load_plugin() at host.c:42 in host", "host+0x1234", "0x7f... (no object)". */
void add_frame(struct strbuf *sb, const struct recording *rec, const struct frame *frame,
	       bool no_demangle);
/* The caller of a call: its stack's first frame, or what is known without one. */
void add_caller(struct strbuf *sb, const struct recording *rec, int call, bool no_demangle);

/* "dlopen("x.so", RTLD_NOW) called from f() at x.c:1 in prog" */
void add_call_from(struct strbuf *sb, const struct recording *rec, int call, bool no_demangle);

/* Why an object is there, in few words: "needed by libx.so", "dlopen called from f() at x.c:1
 * in libx.so". */
void add_load_reason(struct strbuf *sb, const struct recording *rec, int object, bool no_demangle);

/* "ld.so.cache", "DT_RUNPATH of libx.so", "LD_LIBRARY_PATH" ... `entry` (may be NULL) as written.
 */
void add_rule(struct strbuf *sb, const struct recording *rec, enum search_rule rule, int owner,
	      const char *entry);

/* Where ld.so has the name of a preloaded object from: "LD_PRELOAD", "/etc/ld.so.preload". */
void add_preload_source(struct strbuf *sb, const struct recording *rec, const char *name);

/* Why a dlopen failed: "libx.so.1 was not found, or not usable; liby.so needs it". */
struct dlopen_failure;
void add_dlopen_failure(struct strbuf *sb, const struct recording *rec,
			const struct dlopen_failure *failure, bool no_demangle);

/* What made the result of a call known, as a sentence's end: "inferred: ...". */
const char *call_known_by_words(const struct call *call);

/* "exit status 3", "killed by SIGSEGV (core dumped)" */
void add_wait_status(struct strbuf *sb, int wait_status);
const char *signal_name(int number); /* "SEGV"; of signals that end a process, NULL for others */

/* JSON members. */
void object_to_json(struct render *render, const char *key, const struct recording *rec,
		    int object);
void call_to_json(struct render *render, const char *key, const struct recording *rec, int call,
		  bool no_demangle);
/* An array of frames; NONE gives an empty one.  `most` 0: all. */
void stack_to_json(struct render *render, const char *key, const struct recording *rec, int stack,
		   bool no_demangle, size_t most);

/* The stack's frames, or NULL with count 0. */
const struct frame *stack_frames(const struct recording *rec, int stack, size_t *ret_count);

/*
 * Index of the frame where a stack that begins inside ld.so or libc comes out of them: the libc
 * function that was called from elsewhere (0 when the stack does not begin there, or never leaves).
 */
size_t stack_entry(const struct recording *rec, int stack);

/* Lines "    #0 f() at x.c:1 in libx.so" below what was printed, each behind `indent`; all frames
 * when most is 0.  Frames before `from` are only counted: they are ld.so's and libc's own. */
void show_stack(struct render *render, const struct recording *rec, int stack, const char *indent,
		bool no_demangle, size_t from, size_t most);

#endif
