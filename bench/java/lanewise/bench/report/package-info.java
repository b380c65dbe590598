/** What people read of a result: tables on the terminal and in Markdown, CSV, and a page with charts. */
package lanewise.bench.report;
