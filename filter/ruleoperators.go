package filter

// valueCount is how many values an operator of a rule takes.
type valueCount int

const (
	oneValue valueCount = iota
	twoValues
	listOfValues
	noValue
	daysBack
)

// ruleOperator is how an operator of a rule reads as text, but for daysBack,
// which has a form of its own; without, where set, is what it means without a
// value.
type ruleOperator struct {
	text    string
	values  valueCount
	without string
}

// wanted says how many values the operators take.
var wanted = map[valueCount]string{
	oneValue: "one value", twoValues: "two values", listOfValues: "at least one value",
	noValue: "no value, true or false", daysBack: "a number of days",
}

// contrary is what an operator without a value means where the value is false.
var contrary = map[string]string{"is null": "is not null", "is not null": "is null"}

const ruleOperatorNames = "equals, notEquals, contains, startsWith, endsWith, gt, gte, lt, lte, in, notIn, between, " +
	"isNull, isNotNull, hasSome, hasAll, hasNone, inLastDays"

// ruleOperators is keyed by the name in lower case without "_", "-" and spaces.
var ruleOperators = map[string]ruleOperator{
	"equals":      {"=", oneValue, "is null"},
	"eq":          {"=", oneValue, "is null"},
	"=":           {"=", oneValue, "is null"},
	"==":          {"==", oneValue, "is null"},
	"notequals":   {"!=", oneValue, "is not null"},
	"neq":         {"!=", oneValue, "is not null"},
	"ne":          {"!=", oneValue, "is not null"},
	"!=":          {"!=", oneValue, "is not null"},
	"<>":          {"!=", oneValue, "is not null"},
	"contains":    {"contains", oneValue, ""},
	"notcontains": {"not contains", oneValue, ""},
	"startswith":  {"starts with", oneValue, ""},
	"endswith":    {"ends with", oneValue, ""},
	"like":        {"like", oneValue, ""},
	"gt":          {">", oneValue, ""},
	">":           {">", oneValue, ""},
	"gte":         {">=", oneValue, ""},
	">=":          {">=", oneValue, ""},
	"lt":          {"<", oneValue, ""},
	"<":           {"<", oneValue, ""},
	"lte":         {"<=", oneValue, ""},
	"<=":          {"<=", oneValue, ""},
	"in":          {"in", listOfValues, ""},
	"notin":       {"not in", listOfValues, ""},
	"between":     {"between", twoValues, ""},
	"notbetween":  {"not between", twoValues, ""},
	"isnull":      {"is null", noValue, "is null"},
	"isempty":     {"is null", noValue, "is null"},
	"isnotnull":   {"is not null", noValue, "is not null"},
	"isnotempty":  {"is not null", noValue, "is not null"},
	"has":         {"has any", listOfValues, "is not null"},
	"hasany":      {"has any", listOfValues, "is not null"},
	"hassome":     {"has any", listOfValues, "is not null"},
	"hasall":      {"has all", listOfValues, "is not null"},
	"hasnone":     {"not has any", listOfValues, "is null"},
	"inlastdays":  {"", daysBack, ""},
}
