/*
 * assets.h - the viewer's script and style, as make joined them from web-viewer/src.
 */
#ifndef PLUGREPORT_HTML_ASSETS_H
#define PLUGREPORT_HTML_ASSETS_H

/* Terminated by a NUL. */
extern const char viewer_script[];
extern const char viewer_style[];
/* Their SHA-256 in base64, with a line break behind it: for the page's Content-Security-Policy. */
extern const char viewer_script_hash[];
extern const char viewer_style_hash[];

#endif
