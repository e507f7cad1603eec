#include "report/elf/image.h"

#include <elfutils/libdwelf.h>
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <limits.h>
#include <strings.h>
#include <unistd.h>
#include <zlib.h>

#include "report/elf/extract.h"
#include "report/util.h"

#define DEBUG_DIRECTORY "/usr/lib/debug"

/*
 * Up to this size a file's parts are copied when they are wanted; larger ones are mapped.  A copy
 * survives that somebody truncates the file while we read it, a mapping is several times faster
 * where there are megabytes of debug information of which little is looked at.
 */
#define COPY_LIMIT (4l << 20)

#define BUILD_ID_MAX 64 /* bytes; usual are 16 or 20 */

int open_regular(const char *path, struct stat *ret_stat)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0)
		return -1;
	if (fstat(fd, &st) == 0) {
		if (S_ISREG(st.st_mode)) {
			if (ret_stat)
				*ret_stat = st;
			return fd;
		}
		errno = S_ISDIR(st.st_mode) ? EISDIR : EACCES;
	}
	{
		int saved = errno;

		close(fd);
		errno = saved;
	}
	return -1;
}

static bool open_path(struct image *image, const char *path, struct stat *ret_stat)
{
	GElf_Ehdr ehdr;

	image->elf = NULL;
	image->memory = NULL;
	image->fd = open_regular(path, ret_stat);
	if (image->fd < 0)
		return false;
	elf_version(EV_CURRENT);
	image->elf = elf_begin(image->fd,
			       ret_stat->st_size > COPY_LIMIT ? ELF_C_READ_MMAP : ELF_C_READ, NULL);
	if (image->elf && elf_kind(image->elf) == ELF_K_ELF && gelf_getehdr(image->elf, &ehdr) &&
	    (ehdr.e_type == ET_EXEC || ehdr.e_type == ET_DYN))
		return true;
	image_close(image);
	return false;
}

/* NT_GNU_BUILD_ID's bytes, which live as long as `elf`; 0: none. */
static size_t build_id_of(Elf *elf, const unsigned char **ret_bytes)
{
	const void *bytes;
	ssize_t length = dwelf_elf_gnu_build_id(elf, &bytes);

	if (length <= 0 || length > BUILD_ID_MAX)
		return 0;
	*ret_bytes = bytes;
	return (size_t)length;
}

/* The same in hex; "" for none. */
static void build_id_hex(Elf *elf, char hex[2 * BUILD_ID_MAX + 1])
{
	static const char digits[] = "0123456789abcdef";
	const unsigned char *bytes;
	size_t length = build_id_of(elf, &bytes);

	for (size_t i = 0; i < length; i++) {
		hex[2 * i] = digits[bytes[i] >> 4];
		hex[2 * i + 1] = digits[bytes[i] & 15];
	}
	hex[2 * length] = '\0';
}

static bool has_build_id(Elf *elf, const char *wanted)
{
	char hex[2 * BUILD_ID_MAX + 1];

	build_id_hex(elf, hex);
	return *hex && strcasecmp(hex, wanted) == 0;
}

char *elf_build_id(const char *path)
{
	struct image image;
	struct stat st;
	char hex[2 * BUILD_ID_MAX + 1];

	if (!open_path(&image, path, &st))
		return NULL;
	build_id_hex(image.elf, hex);
	image_close(&image);
	return *hex ? xstrdup(hex) : NULL;
}

/* It was made of the recorded file: where that has a build-id, the extract has it too. */
static bool open_extract(struct image *image, const struct elf_identity *identity)
{
	size_t size;

	*image = (struct image){.fd = -1};
	if (!identity->extract)
		return false;
	image->memory = elf_extract_open(identity->extract, &size);
	if (!image->memory)
		return false;
	elf_version(EV_CURRENT);
	image->elf = elf_memory(image->memory, size);
	if (image->elf && elf_kind(image->elf) == ELF_K_ELF &&
	    (!identity->build_id || has_build_id(image->elf, identity->build_id)))
		return true;
	image_close(image);
	return false;
}

static bool open_file(struct image *image, const struct elf_identity *identity)
{
	struct stat st;
	bool same;

	if (!identity->path || !open_path(image, identity->path, &st))
		return false;
	if (identity->build_id)
		same = has_build_id(image->elf, identity->build_id);
	else
		same = identity->ino != 0 && st.st_dev == identity->dev &&
		       st.st_ino == identity->ino && (uint64_t)st.st_size == identity->size &&
		       (uint64_t)st.st_mtim.tv_sec * 1000000000u + (uint64_t)st.st_mtim.tv_nsec ==
			       identity->mtime_ns;
	if (!same)
		image_close(image);
	return same;
}

bool image_open(struct image *image, const struct elf_identity *identity)
{
	return open_file(image, identity) || open_extract(image, identity);
}

bool image_has_section(const struct image *image, const char *name)
{
	size_t strings;

	if (elf_getshdrstrndx(image->elf, &strings) != 0)
		return false;
	for (Elf_Scn *scn = elf_nextscn(image->elf, NULL); scn;
	     scn = elf_nextscn(image->elf, scn)) {
		GElf_Shdr shdr;
		const char *s;

		if (!gelf_getshdr(scn, &shdr) || shdr.sh_type == SHT_NOBITS || shdr.sh_size == 0)
			continue;
		s = elf_strptr(image->elf, strings, shdr.sh_name);
		if (s && strcmp(s, name) == 0)
			return true;
	}
	return false;
}

/* The checksum that .gnu_debuglink has of its file is zlib's CRC-32. */
static bool has_crc(int fd, uint32_t wanted)
{
	AUTO_FREE unsigned char *buffer = xmalloc(1 << 16);
	uLong crc = crc32(0, NULL, 0);
	off_t offset = 0;
	ssize_t n;

	while ((n = pread(fd, buffer, 1 << 16, offset)) > 0) {
		crc = crc32(crc, buffer, (uInt)n);
		offset += n;
	}
	return n == 0 && crc == wanted;
}

/* Debug files of our kind have the same build-id; without one the checksum must do. */
static bool open_candidate(struct image *debug, const struct image *image, const char *path,
			   const uint32_t *crc)
{
	const unsigned char *bytes = NULL, *wanted = NULL;
	size_t length, wanted_length = build_id_of(image->elf, &wanted);
	GElf_Ehdr ehdr, wanted_ehdr;
	struct stat st, own;
	bool good;

	if (!open_path(debug, path, &st))
		return false;
	length = build_id_of(debug->elf, &bytes);
	if (fstat(image->fd, &own) != 0 || (st.st_dev == own.st_dev && st.st_ino == own.st_ino))
		good = false; /* a link to itself */
	else if (!gelf_getehdr(debug->elf, &ehdr) || !gelf_getehdr(image->elf, &wanted_ehdr) ||
		 ehdr.e_machine != wanted_ehdr.e_machine)
		good = false;
	else if (length && wanted_length)
		good = length == wanted_length && memcmp(bytes, wanted, length) == 0;
	else
		good = crc && has_crc(debug->fd, *crc);
	if (!good)
		image_close(debug);
	return good;
}

char *build_id_path(const unsigned char *build_id, size_t length)
{
	AUTO_STRBUF struct strbuf path = STRBUF_INIT;

	strbuf_addstr(&path, DEBUG_DIRECTORY "/.build-id/");
	for (size_t i = 0; i < length; i++)
		strbuf_addf(&path, "%02x%s", build_id[i], i == 0 ? "/" : "");
	strbuf_addstr(&path, ".debug");
	return strbuf_detach(&path);
}

static bool open_by_build_id(struct image *debug, const struct image *image)
{
	AUTO_FREE char *path = NULL;
	const unsigned char *bytes;
	size_t length = build_id_of(image->elf, &bytes);

	if (length < 2)
		return false;
	path = build_id_path(bytes, length);
	return open_candidate(debug, image, path, NULL);
}

/* gdb's rule: beside the file, in .debug there, and in its directory's twin below the global
 * directory. */
static bool open_by_link(struct image *debug, const struct image *image, const char *path,
			 const char *name, uint32_t crc)
{
	static const char *const formats[] = {"%.*s/%s", "%.*s/.debug/%s",
					      DEBUG_DIRECTORY "%.*s/%s"};
	int length = (int)(base_name(path) - path);

	if (length > 0 && path[length - 1] == '/')
		length--;
	else if (length == 0)
		return false; /* no directory: nothing that the recording could have meant */
	for (size_t i = 0; i < ARRAY_SIZE(formats); i++) {
		AUTO_FREE char *candidate = xasprintf(formats[i], length, path, name);

		if (open_candidate(debug, image, candidate, &crc))
			return true;
	}
	return false;
}

bool image_open_debug(struct image *debug, const struct image *image, const char *path)
{
	AUTO_FREE char *real = NULL;
	const char *name;
	GElf_Word crc;

	if (open_by_build_id(debug, image))
		return true;
	name = dwelf_elf_gnu_debuglink(image->elf, &crc);
	if (!name || !*name || strlen(name) > NAME_MAX || strchr(name, '/'))
		return false;
	if (open_by_link(debug, image, path, name, crc))
		return true;
	/* On a merged /usr the debug file's package may have used either of a file's two names. */
	real = realpath(path, NULL);
	return real && strcmp(real, path) != 0 && open_by_link(debug, image, real, name, crc);
}

void image_detach(struct image *image)
{
	if (image->fd < 0)
		return;
	elf_cntl(image->elf, ELF_C_FDDONE);
	close(image->fd);
	image->fd = -1;
}

void image_close(struct image *image)
{
	elf_end(image->elf);
	image->elf = NULL;
	if (image->fd >= 0)
		close(image->fd);
	image->fd = -1;
	free(image->memory);
	image->memory = NULL;
}
