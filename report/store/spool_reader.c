/*
 * spool_reader.c - walks a spool as audit/spool.h specifies.
 */
#include "report/store/spool_reader.h"

#include <errno.h>
#include <inttypes.h>
#include <sys/stat.h>
#include <unistd.h>

#define WINDOW_SIZE (64u << 10)

/* While looking for the next record in a hole, types beyond this are not tried: it saves hashing
 * what random bytes call a record, and leaves room for types to come. */
#define LAST_TYPE_IN_HOLE 255u

/* A file made to look like overlapping records everywhere would cost size^2; after this much in
 * vain the rest of it counts as damage. */
#define WASTE_MAX (UINT64_C(4) << 30)

static bool check_header(const struct spool_header *header, uint64_t length, struct strbuf *why)
{
	if (memcmp(header->magic, SPOOL_MAGIC, sizeof(header->magic)) != 0) {
		strbuf_addstr(why, "not a spool of plugaudit; move it away");
		return false;
	}
	if (header->version == __builtin_bswap32(SPOOL_VERSION)) {
		strbuf_addstr(why, "written on a machine of the other byte order; "
				   "read it with plugreport there");
		return false;
	}
	if (header->version != SPOOL_VERSION) {
		strbuf_addf(why,
			    "spool format %" PRIu32 " is not known, only %u is; "
			    "use the plugreport that came with the recording libplugaudit.so",
			    header->version, SPOOL_VERSION);
		return false;
	}
	if (header->feature_incompat & ~SPOOL_INCOMPAT_KNOWN) {
		strbuf_addf(why,
			    "needs features (0x%" PRIx32 ") that are not known; "
			    "use the plugreport that came with the recording libplugaudit.so",
			    header->feature_incompat & ~SPOOL_INCOMPAT_KNOWN);
		return false;
	}
	if (header->header_size < sizeof(*header) || header->header_size % 8 != 0 ||
	    header->header_size > SPOOL_RECORD_MAX ||
	    (header->word_size != 4 && header->word_size != 8) ||
	    header->begin_kind < SPOOL_BEGIN_START || header->begin_kind > SPOOL_BEGIN_FORK) {
		strbuf_addstr(why, "damaged header; nothing in it can be trusted, remove it");
		return false;
	}
	if (header->header_size > length) {
		strbuf_addf(why,
			    "cut to %" PRIu64 " bytes, less than its header; "
			    "nothing is in it, remove it",
			    length);
		return false;
	}
	return true;
}

static bool is_zero(const unsigned char *bytes, size_t size)
{
	return size == 0 || (bytes[0] == 0 && memcmp(bytes, bytes + 1, size - 1) == 0);
}

enum spool_state spool_reader_open(struct spool_reader *reader, int fd, struct strbuf *why)
{
	struct stat st;
	ssize_t got;

	memset(reader, 0, sizeof(*reader));
	reader->fd = fd;
	if (fstat(fd, &st) < 0 ||
	    (got = pread(fd, &reader->header, sizeof(reader->header), 0)) < 0) {
		strbuf_addf(why, "can't be read: %s", strerror(errno));
		return SPOOL_BAD;
	}
	/* The magic is written last. */
	if (is_zero((unsigned char *)&reader->header, got < 8 ? (size_t)got : 8))
		return SPOOL_UNBORN;
	if ((size_t)got < sizeof(reader->header)) {
		strbuf_addf(why,
			    "cut to %zd bytes, less than its header; "
			    "nothing is in it, remove it",
			    got);
		return SPOOL_BAD;
	}
	if (!check_header(&reader->header, (uint64_t)st.st_size, why))
		return SPOOL_BAD;
	reader->end = (uint64_t)st.st_size;
	if (reader->header.tail < reader->end)
		reader->end = reader->header.tail;
	reader->offset = reader->header.header_size;
	return SPOOL_GOOD;
}

void spool_reader_release(struct spool_reader *reader)
{
	free(reader->buffer);
	reader->buffer = NULL;
	reader->room = reader->filled = 0;
}

/* Have [offset, offset + need) in the buffer; false beyond the end and when reading failed. */
static bool fill(struct spool_reader *r, uint64_t offset, size_t need)
{
	size_t keep = 0, want = need > WINDOW_SIZE ? need : WINDOW_SIZE;

	if (need > r->end || offset > r->end - need)
		return false;
	if (offset >= r->start && offset - r->start + need <= r->filled)
		return true;
	progress_show(r->progress, offset, r->end);
	if (r->room < want) {
		r->buffer = xrealloc(r->buffer, want);
		r->room = want;
	}
	if (offset >= r->start && offset - r->start < r->filled) {
		keep = r->filled - (size_t)(offset - r->start);
		memmove(r->buffer, r->buffer + (offset - r->start), keep);
	}
	r->start = offset;
	r->filled = keep;
	while (r->filled < r->room && r->start + r->filled < r->end) {
		uint64_t left = r->end - r->start - r->filled;
		size_t chunk = r->room - r->filled;
		ssize_t got = pread(r->fd, r->buffer + r->filled, left < chunk ? left : chunk,
				    (off_t)(r->start + r->filled));

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			r->error = errno;
			break;
		}
		if (got == 0) /* it shrank */
			r->end = r->start + r->filled;
		r->filled += (size_t)got;
	}
	return r->filled >= need;
}

static const unsigned char *bytes_at(const struct spool_reader *r, uint64_t offset)
{
	return r->buffer + (offset - r->start);
}

/* The size of the valid record at `offset`, or 0. */
static uint32_t valid_record(struct spool_reader *r, uint64_t offset, bool in_hole)
{
	struct spool_record head;

	if (!fill(r, offset, sizeof(head)))
		return 0;
	memcpy(&head, bytes_at(r, offset), sizeof(head));
	if (head.check == 0 || head.size < sizeof(head) || head.size % 8 != 0 ||
	    head.size > SPOOL_RECORD_MAX || head.size > r->end - offset)
		return 0;
	if ((in_hole && head.type > LAST_TYPE_IN_HOLE) || r->wasted > WASTE_MAX)
		return 0;
	if (!fill(r, offset, head.size))
		return 0;
	if (spool_check(r->header.salt, offset, bytes_at(r, offset), head.size) != head.check) {
		r->wasted += head.size;
		return 0;
	}
	return head.size;
}

/*
 * The first offset >= `offset`, in steps of 8, that is at the end or does not hold 8 zero bytes.
 * What the file system knows to be empty is jumped over.
 */
static uint64_t skip_zeros(struct spool_reader *r, uint64_t offset)
{
	while (offset < r->end) {
		uint64_t word, limit;
		off_t data;

		if (!fill(r, offset, 8)) /* less than a word is left, or reading failed */
			return offset;
		for (limit = r->start + (r->filled & ~(size_t)7); offset < limit; offset += 8) {
			memcpy(&word, bytes_at(r, offset), sizeof(word));
			if (word != 0)
				return offset;
		}
		data = lseek(r->fd, (off_t)offset, SEEK_DATA);
		if (data < 0 && errno == ENXIO)
			return r->end;
		if (data > 0 && (uint64_t)data > offset)
			offset = (uint64_t)data & ~UINT64_C(7);
	}
	return r->end;
}

/* Count the hole [from, to) as a torn record or as damage. */
static void judge_hole(struct spool_reader *r, uint64_t from, uint64_t to, bool zero,
		       uint32_t check)
{
	if (zero || (check == 0 && to - from < SPOOL_RECORD_MAX))
		r->torn++;
	else if (r->damaged_at == 0)
		r->damaged_at = from;
}

/* There is no valid record at r->offset: go to the next one, or to the end. */
static void pass_hole(struct spool_reader *r)
{
	uint64_t from = r->offset, at = from;
	uint32_t check = 0;
	bool zero = true;

	if (fill(r, from, sizeof(check)))
		memcpy(&check, bytes_at(r, from), sizeof(check));
	while (at < r->end && !r->error) {
		/* No record begins with a zero word, since check is never 0. */
		at = skip_zeros(r, at);
		if (at < r->end && r->end - at < 8) { /* not even a word is left */
			size_t left = (size_t)(r->end - at);

			zero = zero && fill(r, at, left) && is_zero(bytes_at(r, at), left);
			at = r->end;
		}
		if (at >= r->end || (at > from && valid_record(r, at, true)))
			break;
		zero = false;
		at += 8;
	}
	if (r->error)
		return;
	judge_hole(r, from, at, zero, check);
	r->offset = at;
}

bool spool_reader_next(struct spool_reader *r, struct spool_item *ret_item)
{
	while (r->offset < r->end && !r->error) {
		uint64_t offset = r->offset;
		uint32_t size = valid_record(r, offset, false);

		if (size == 0) {
			pass_hole(r);
			continue;
		}
		r->offset += size;
		r->record_bytes += size;
		ret_item->offset = offset;
		ret_item->seq = offset / 8;
		if (!spool_decode(bytes_at(r, offset), size, ret_item)) {
			if (r->damaged_at == 0)
				r->damaged_at = offset;
		} else if (ret_item->type >= SPOOL_PROCESS && ret_item->type <= SPOOL_FORK) {
			return true;
		}
	}
	return false;
}
