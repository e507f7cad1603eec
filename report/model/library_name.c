/*
 * What the file name of a library says: libNAME.so.VERSION, libNAME-VERSION.so, libNAMEVERSION.so,
 * and the hash that auditwheel puts before .so when it copies a library into a Python wheel.
 */
#include <ctype.h>

#include "report/model/duplicates.h"
#include "report/util.h"

#define HASH_DIGITS 8 /* of auditwheel: the first ones of a SHA-256 */

/* Where ".so" begins, with nothing or a version behind it; NULL when there is none. */
static const char *find_suffix(const char *name)
{
	for (const char *s = name; (s = strstr(s, ".so")) != NULL; s++)
		if (s[3] == '\0' || (s[3] == '.' && isdigit((unsigned char)s[4])))
			return s;
	return NULL;
}

/* All digits, and a day of 1990 to 2099: YYYYMMDD, as libabsl-20220623.so.0 has it. */
static bool is_date(const char *digits)
{
	int number = 0, month, day;

	for (int i = 0; i < 8; i++) {
		if (!isdigit((unsigned char)digits[i]))
			return false;
		number = 10 * number + (digits[i] - '0');
	}
	month = number / 100 % 100;
	day = number % 100;
	return number >= 19900000 && number < 21000000 && month >= 1 && month <= 12 && day >= 1 &&
	       day <= 31;
}

/* The length of the stem without its hashes (newer versions of auditwheel leave several). */
static size_t without_hash(const char *stem, size_t length)
{
	while (length > strlen("lib") + HASH_DIGITS + 1 && stem[length - HASH_DIGITS - 1] == '-') {
		const char *hash = stem + length - HASH_DIGITS;

		for (int i = 0; i < HASH_DIGITS; i++) {
			if (!isdigit((unsigned char)hash[i]) && (hash[i] < 'a' || hash[i] > 'f'))
				return length;
		}
		if (is_date(hash))
			return length;
		length -= HASH_DIGITS + 1;
	}
	return length;
}

/* Where the stem's version begins ("-14", "3.11", "-2.0"): its length when it has none. */
static size_t version_at(const char *stem, size_t length)
{
	size_t at = length;

	while (at && (isdigit((unsigned char)stem[at - 1]) || stem[at - 1] == '.'))
		at--;
	while (at < length && stem[at] == '.')
		at++;
	return at;
}

/* Qt and KDE have the version in the midst: libQt5Core, libKF6Config.  Where the digit is, or 0. */
static size_t inner_version(const char *stem, size_t length)
{
	static const char *const prefixes[] = {"libQt", "libKF"};

	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++) {
		size_t n = strlen(prefixes[i]);

		if (length > n + 1 && strncmp(stem, prefixes[i], n) == 0 &&
		    isdigit((unsigned char)stem[n]) && isupper((unsigned char)stem[n + 1]))
			return n;
	}
	return 0;
}

void library_name_parse(const char *file_name, struct library_name *ret)
{
	const char *stem = file_name ? base_name(file_name) : "";
	const char *suffix = find_suffix(stem);
	size_t length, at, end, inner;

	*ret = (struct library_name){.major = xstrdup("")};
	if (!suffix || strncmp(stem, "lib", 3) != 0) {
		ret->family = xstrdup("");
		ret->version = xstrdup("");
		return;
	}
	length = without_hash(stem, (size_t)(suffix - stem));
	ret->hashed = length < (size_t)(suffix - stem);
	ret->version = xstrdup(suffix[3] ? suffix + 4 : "");
	inner = inner_version(stem, length);
	if (inner) {
		ret->family = xasprintf("%.*s%.*s", (int)inner, stem, (int)(length - inner - 1),
					stem + inner + 1);
		free(ret->major);
		ret->major = xstrndup(stem + inner, 1);
		return;
	}
	at = end = version_at(stem, length);
	while (end > 3 && at < length && (stem[end - 1] == '-' || stem[end - 1] == '_'))
		end--;
	if (end <= 3) /* "lib7.so" is no version of "lib" */
		at = end = length;
	free(ret->major);
	ret->major = xstrndup(stem + at, length - at);
	ret->family = xstrndup(stem, end);
	ret->glued = at == end && at < length && !strchr(ret->major, '.');
}

void library_name_release(struct library_name *name)
{
	free(name->family);
	free(name->version);
	free(name->major);
	*name = (struct library_name){0};
}

/* Numbers that are bits of something, not versions: libpcre2-8, libpcre2-16, libpcre2-32. */
static bool is_width(const char *number)
{
	return strcmp(number, "8") == 0 || strcmp(number, "16") == 0 || strcmp(number, "32") == 0 ||
	       strcmp(number, "64") == 0;
}

bool library_names_related(const struct library_name *a, const struct library_name *b)
{
	if (!*a->family || strcmp(a->family, b->family) != 0)
		return false;
	if (strcmp(a->major, b->major) == 0 || strcmp(a->version, b->version) != 0)
		return true;
	/* libpng12.so.0 and libpng16.so.16 are versions, libplugin1.so and libplugin2.so are not.
	 */
	return !a->glued && !b->glued && !(is_width(a->major) && is_width(b->major));
}

bool library_versions_differ(const struct library_name *a, const struct library_name *b)
{
	const char *x = a->version, *y = b->version;
	size_t part = 0;

	if (strcmp(a->major, b->major) != 0)
		return true;
	/* Part by part, as far as both go: 1 and 1.0.0 may be the same.  A SONAME's parts are all
	 * meant to tell incompatible ones apart (libssl.so.1.0.0, libssl.so.1.1); the name of a
	 * file, as copies with a hash keep it, has the release behind the first one. */
	for (; *x && *y; part++) {
		size_t n = strcspn(x, "."), m = strcspn(y, ".");

		if (n != m || memcmp(x, y, n) != 0)
			return part == 0 || (!a->hashed && !b->hashed);
		x += n + (x[n] == '.');
		y += m + (y[m] == '.');
	}
	return false;
}
