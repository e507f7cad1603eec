#include "report/model/moment.h"

/* Where an array's elements have their seq and their time. */
struct column {
	const char *seq, *time;
	size_t size, count;
};

#define COLUMN(array, n, seq_field, time_field)                                                  \
	{                                                                                        \
		(array) ? (const char *)&(array)->seq_field : NULL,                              \
			(array) ? (const char *)&(array)->time_field : NULL, sizeof(*(array)), n \
	}

static uint64_t number_at(const char *first, const struct column *column, size_t index)
{
	return *(const uint64_t *)(const void *)(first + index * column->size);
}

/* Arrays are in order of seq. */
static void take_last(const struct column *column, uint64_t seq, uint64_t *last, uint64_t *ret_ns)
{
	size_t low = 0, high = column->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (number_at(column->seq, column, middle) <= seq)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == 0 || number_at(column->seq, column, low - 1) < *last)
		return;
	*last = number_at(column->seq, column, low - 1);
	*ret_ns = number_at(column->time, column, low - 1);
}

bool recording_time_at(const struct recording *rec, uint64_t seq, uint64_t *ret_ns)
{
	const struct column columns[] = {
		COLUMN(rec->objects, rec->object_count, opened_seq, opened_ns),
		COLUMN(rec->searches, rec->search_count, seq, time_ns),
		COLUMN(rec->calls, rec->call_count, seq, time_ns),
		COLUMN(rec->activities, rec->activity_count, seq, time_ns),
	};
	uint64_t last = 0, ns = 0;

	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
		take_last(&columns[i], seq, &last, &ns);
	if (last)
		*ret_ns = ns;
	return last != 0;
}
