/*
 * spool_reader.h - reads a spool (audit/spool.h) record by record, in bounded memory.
 *
 * Everything in a spool is untrusted: the reader takes nothing from it that it has not checked, and
 * neither a torn nor a damaged file makes it fail, loop, or invent a record.  The file is read with
 * pread, never mapped, because it may shrink meanwhile; of a live spool it sees what was committed
 * when it came by.
 */
#ifndef PLUGREPORT_SPOOL_READER_H
#define PLUGREPORT_SPOOL_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "audit/spool.h"
#include "report/store/progress.h"
#include "report/util.h"

/* A counted string; bytes NULL: there was none.  Not terminated for the reader's purposes, not
 * checked for UTF-8. */
struct spool_text {
	const char *bytes;
	uint32_t length;
};

/* A row of counted strings, already bounds-checked; read with spool_texts_next(). */
struct spool_texts {
	const unsigned char *at;
	uint32_t count; /* how many are left */
};

/* The same with a number before each string; read with spool_names_next(). */
struct spool_names {
	const unsigned char *at;
	uint32_t count;
};

/* One decoded record.  Pointers are into the reader's buffer, valid until its next call. */
struct spool_item {
	uint64_t offset, seq;
	uint16_t type; /* enum spool_type: tells which member of the union is filled in */
	uint16_t flags;
	uint32_t tid;
	union {
		struct {
			struct spool_process fixed;
			struct spool_text exe, cwd, glibc, module, platform;
			struct spool_texts arguments, environment;
		} process;
		struct {
			struct spool_object fixed;
			const unsigned char *segments; /* struct spool_segment, segment_count */
			struct spool_text name, real_path, soname, build_id, rpath, runpath;
			struct spool_texts needed;
		} object;
		struct {
			struct spool_search fixed;
			const unsigned char *frames; /* uint64_t, frame_count */
			struct spool_text name;
		} search;
		struct spool_event event; /* activity, close, preinit, end */
		struct {
			struct spool_symbol fixed;
			struct spool_text name, version;
		} symbol;
		struct spool_binding binding;
		struct {
			struct spool_versions fixed;
			struct spool_names names; /* fixed.count of them */
		} versions;
		struct {
			struct spool_references fixed;
			const unsigned char *entries; /* struct spool_reference, fixed.count */
			struct spool_texts names;     /* of those that are not bound */
		} references;
		struct {
			struct spool_unbound fixed;
			const unsigned char *symbols; /* uint32_t, fixed.count */
		} unbound;
		struct {
			struct spool_call fixed;
			const unsigned char *frames; /* uint64_t, frame_count */
			struct spool_text name, version;
		} call;
	};
};

/* Take the next string of a row whose `count` is not 0. */
struct spool_text spool_texts_next(struct spool_texts *texts);

/* The same for numbered strings. */
struct spool_text spool_names_next(struct spool_names *names, uint32_t *ret_number);

/* A fresh, terminated copy, cut at the first NUL; NULL when there is none. */
char *spool_text_dup(struct spool_text text);

/*
 * Decode the record of `size` bytes at `record` (its check is not looked at).  False when its type
 * is known but the payload does not hold what the type promises, or holds a value that the format
 * does not have.  A type that is not known gives true and nothing but the common fields.
 */
bool spool_decode(const unsigned char *record, uint32_t size, struct spool_item *ret_item);

/* What spool_reader_open() found. */
enum spool_state {
	SPOOL_GOOD,   /* a spool that this reader understands */
	SPOOL_UNBORN, /* empty, or without its magic, which is written last: not begun yet */
	SPOOL_BAD,    /* something else */
};

struct spool_reader {
	struct spool_header header; /* as it was when the reader was opened */
	uint64_t end;               /* min(tail, file length) */
	uint64_t offset;            /* of the record to look at next */
	uint64_t record_bytes;      /* bytes of valid records so far */
	uint64_t torn;              /* holes that a kill, or an unfinished write, explains */
	uint64_t damaged_at;        /* offset of the first bad byte that nothing explains; 0 none */
	int error;                  /* errno of a read that failed; 0 none */
	int fd;                     /* the caller's */
	struct progress *progress;  /* where reading is shown; NULL by spool_reader_open() */
	/* private: */
	unsigned char *buffer;
	size_t room, filled;
	uint64_t start;  /* file offset of buffer[0] */
	uint64_t wasted; /* bytes hashed for records that were none */
};

/*
 * Begin to read the spool open at `fd`, which stays the caller's.  With SPOOL_BAD, `why` gets one
 * line: what is wrong and what to do.  spool_reader_release() is due after SPOOL_GOOD only, and
 * harmless otherwise.
 */
enum spool_state spool_reader_open(struct spool_reader *reader, int fd, struct strbuf *why);
void spool_reader_release(struct spool_reader *reader);

/*
 * The next record that is valid, of a known type and whole.  False at the end, or when a read
 * failed (then `error` is set; what was returned before holds).
 */
bool spool_reader_next(struct spool_reader *reader, struct spool_item *ret_item);

#endif
