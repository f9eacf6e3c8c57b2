"""The dialect of train schemas, read into leaves with bounds, choices and conditions."""
