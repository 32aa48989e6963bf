// Package exchange brings rows of files into the CRM. A file is read whole, its
// columns are matched with the fields of a record type, the forms in which it
// writes numbers and dates are found out column by column, and then each row
// becomes one record through the same checks as every other write.
package exchange
