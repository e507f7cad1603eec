/*
 * page.h - the HTML report: one file that a browser opens from disk.
 */
#ifndef PLUGREPORT_HTML_PAGE_H
#define PLUGREPORT_HTML_PAGE_H

#include <stdio.h>

#include "report/html/columns.h"

/*
 * Write the page: `title` (untrusted), `overview` (HTML that is shown without JavaScript), and the
 * data.  The page may run the viewer's script only and load nothing (Content-Security-Policy).
 * False when it could not be written; errno tells.
 */
bool page_write(FILE *out, const char *title, const char *overview, const struct page_data *page);

/* For tests: the data as they stand in the page, raw deflate in base64.  Appended to `sb`. */
void page_pack(const struct page_data *page, struct strbuf *sb);

#endif
