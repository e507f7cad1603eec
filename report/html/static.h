/*
 * static.h - a renderer that writes what a walker says as plain HTML: for the part of the report
 * that is there without JavaScript.
 */
#ifndef PLUGREPORT_HTML_STATIC_H
#define PLUGREPORT_HTML_STATIC_H

#include "report/render/render.h"

/* Append text, escaped for HTML's text and quoted attributes. */
void html_add_text(struct strbuf *sb, const char *text);

/* Appends to `html`, which must live longer. */
struct render *render_static_new(struct strbuf *html);

#endif
